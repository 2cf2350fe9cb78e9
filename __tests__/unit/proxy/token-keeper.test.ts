import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../../src/failure/failure.ts'
import { createTokenKeeper } from '../../../src/proxy/token-keeper.ts'
import type { TokenKeeper } from '../../../src/proxy/token-keeper.ts'
import type { IdToken } from '../../../src/token/id-token.ts'
import { ACCOUNT, NOW, SERVICE, secret } from '../fixtures.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const FAILURE = new Failure({ code: 'GOOGLE_UNAVAILABLE', sentence: 'Nothing came.', remedy: 'Wait.' })

function tokenUntil(expiresAt: number): IdToken {
  return { kind: 'id_token', jwt: secret('x'), claims: {}, audience: SERVICE, email: ACCOUNT, expiresAt }
}

interface Stage {
  readonly keeper: TokenKeeper
  readonly first: IdToken
  /** When attempts began, in milliseconds since the keeper was created. */
  readonly attempts: readonly number[]
  /** What the keeper told, in turn. */
  readonly told: readonly string[]
  /** Lets the time pass in steps of a second, and everything happen that is due. */
  readonly pass: (milliseconds: number) => Promise<void>
  /** What the next attempts do; as they please, once that is over. */
  readonly next: (...attempts: readonly (() => Promise<IdToken>)[]) => void
  readonly mint: (life?: number) => Promise<IdToken>
}

/** A keeper in a time of its own. */
function scenario(title: string, lifeMs: number, body: (stage: Stage) => Promise<void>): void {
  test(title, async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: NOW })
    const attempts: number[] = []
    const told: string[] = []
    const planned: (() => Promise<IdToken>)[] = []
    const mint: Stage['mint'] = async (life = 60 * MINUTE) => await Promise.resolve(tokenUntil(Date.now() + life))
    const first = tokenUntil(NOW + lifeMs)
    const keeper = createTokenKeeper({
      first,
      async mint() {
        attempts.push(Date.now() - NOW)
        return await (planned.shift() ?? mint)()
      },
      now: Date.now,
      onRenewal: (failure) => told.push(failure?.text.code ?? 'renewed')
    })
    try {
      await body({
        ...{ keeper, first, attempts, told, mint },
        next: (...given) => planned.push(...given),
        async pass(milliseconds) {
          for (let left = milliseconds; left > 0; left -= SECOND) {
            mock.timers.tick(Math.min(left, SECOND))
            await settle()
          }
        }
      })
    } finally {
      keeper.close()
    }
  })
}

/** Everything that waits for nothing but a promise. */
async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}

async function fail(): Promise<never> {
  return await Promise.reject(FAILURE)
}

scenario(
  'A token is renewed five minutes before it expires, again and again, whether or not anybody asks for it.',
  60 * MINUTE,
  async ({ keeper, first, attempts, told, pass }) => {
    await pass(55 * MINUTE - SECOND)
    assert.deepEqual(attempts, [])
    assert.equal(await keeper.current(), first)
    await pass(SECOND)
    assert.deepEqual(attempts, [55 * MINUTE])
    assert.notEqual(await keeper.current(), first)
    await pass(4 * 60 * MINUTE)
    assert.deepEqual(
      attempts,
      [1, 2, 3, 4, 5].map((count) => count * 55 * MINUTE)
    )
    assert.equal(keeper.renewals(), 5)
    assert.deepEqual(told, Array(5).fill('renewed'))
  }
)

scenario('A token of a shorter life is renewed at half of it.', 4 * MINUTE, async ({ attempts, next, mint, pass }) => {
  next(async () => await mint(30 * SECOND))
  await pass(2 * MINUTE)
  assert.deepEqual(attempts, [2 * MINUTE])
  await pass(15 * SECOND)
  assert.deepEqual(attempts, [2 * MINUTE, 2 * MINUTE + 15 * SECOND])
})

scenario(
  'There is one renewal at a time, and all who need the next token wait for that one.',
  MINUTE,
  async ({ keeper, attempts, next, mint, pass }) => {
    let finish: (token: IdToken) => void = () => undefined
    next(async () => await new Promise((resolve) => (finish = resolve)))
    await pass(2 * MINUTE)
    const waiting = [keeper.current(), keeper.current(), keeper.current()]
    await pass(10 * SECOND)
    assert.deepEqual(attempts, [30 * SECOND])
    const token = await mint()
    finish(token)
    assert.deepEqual(await Promise.all(waiting), [token, token, token])
  }
)

scenario(
  'While a renewal is under way, the last token serves for as long as it is valid.',
  10 * MINUTE,
  async ({ keeper, first, next, pass }) => {
    next(async () => await new Promise(() => undefined))
    await pass(9 * MINUTE)
    assert.equal(await keeper.current(), first)
  }
)

scenario(
  'Where renewing fails there is one attempt in five seconds, and the keeper recovers by itself.',
  10 * MINUTE,
  async ({ keeper, first, attempts, told, next, pass }) => {
    next(fail, fail, fail)
    await pass(5 * MINUTE)
    for (let count = 0; count < 20; count += 1) assert.equal(await keeper.current(), first)
    await pass(60 * SECOND)
    assert.deepEqual(
      attempts,
      [0, 5, 10, 15].map((seconds) => 5 * MINUTE + seconds * SECOND)
    )
    assert.deepEqual(told, ['GOOGLE_UNAVAILABLE', 'GOOGLE_UNAVAILABLE', 'GOOGLE_UNAVAILABLE', 'renewed'])
    assert.notEqual(await keeper.current(), first)
  }
)

scenario(
  'An expired token is never handed out: whoever asks learns of the failure, without an attempt of its own.',
  MINUTE,
  async ({ keeper, attempts, next, pass }) => {
    next(...Array<typeof fail>(12).fill(fail))
    await pass(MINUTE)
    const before = attempts.length
    for (let count = 0; count < 20; count += 1) await assert.rejects(keeper.current(), FAILURE)
    assert.equal(attempts.length, before)
    await pass(MINUTE)
    assert.ok((await keeper.current()).expiresAt > Date.now())
  }
)

scenario(
  'A machine that slept has its token renewed by the next request.',
  60 * MINUTE,
  async ({ keeper, attempts }) => {
    const now = Date.now()
    // No timer has run.
    const asleep = createTokenKeeper({
      first: tokenUntil(now),
      mint: async () => await Promise.resolve(tokenUntil(now + MINUTE)),
      now: () => now,
      onRenewal: () => undefined
    })
    assert.equal((await asleep.current()).expiresAt, now + MINUTE)
    asleep.close()
    assert.equal(keeper.renewals(), 0)
    assert.deepEqual(attempts, [])
  }
)

scenario(
  'A token that was refused is replaced once in five seconds, for all whom it was refused to.',
  60 * MINUTE,
  async ({ keeper, first, attempts, pass }) => {
    const [one, other] = await Promise.all([keeper.replace(first), keeper.replace(first)])
    assert.ok(one !== undefined && one === other && one !== first)
    assert.equal(await keeper.replace(first), one)
    assert.deepEqual(attempts, [0])
    assert.equal(await keeper.replace(one), undefined)
    await pass(5 * SECOND)
    assert.notEqual(await keeper.replace(one), undefined)
    assert.deepEqual(attempts, [0, 5 * SECOND])
  }
)

scenario(
  'A token that was accepted once is replaced at once when it is refused.',
  60 * MINUTE,
  async ({ keeper, first, attempts }) => {
    const one = await keeper.replace(first)
    assert.ok(one !== undefined)
    keeper.accepted(first)
    assert.equal(await keeper.replace(one), undefined)
    keeper.accepted(one)
    assert.notEqual(await keeper.replace(one), undefined)
    assert.deepEqual(attempts, [0, 0])
  }
)

scenario(
  'Where a refused token cannot be replaced there is none, and the next one comes by itself.',
  60 * MINUTE,
  async ({ keeper, first, attempts, next, pass }) => {
    next(fail)
    assert.equal(await keeper.replace(first), undefined)
    assert.equal(await keeper.current(), first)
    await pass(5 * SECOND)
    assert.deepEqual(attempts, [0, 5 * SECOND])
    assert.notEqual(await keeper.current(), first)
  }
)

scenario(
  'Once closed, the keeper asks for nothing any more, not even after a renewal that was under way.',
  60 * MINUTE,
  async ({ keeper, attempts, next, mint, pass }) => {
    let finish: (token: IdToken) => void = () => undefined
    next(async () => await new Promise((resolve) => (finish = resolve)))
    await pass(55 * MINUTE)
    keeper.close()
    finish(await mint())
    await pass(2 * 60 * MINUTE)
    assert.deepEqual(attempts, [55 * MINUTE])
  }
)

scenario('A defect is none of the failures that are tried again.', MINUTE, async ({ keeper, first, next, told }) => {
  const defect = new TypeError('x')
  next(async () => await Promise.reject(defect))
  await assert.rejects(keeper.replace(first), defect)
  assert.deepEqual(told, [])
})
