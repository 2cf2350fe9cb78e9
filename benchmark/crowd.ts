// How a crowd of jobs that start together fares against a quota, in virtual time: `npm run bench:crowd`.
// The policy is the real one (src/world/retried-request.ts and src/world/retry.ts); Google is a token bucket that answers 429 when it is empty.
import { requestWithRetries } from '../src/world/retried-request.ts'
import { Failure } from '../src/failure/failure.ts'
import type { Answer, Outcome } from '../src/world/outcome.ts'
import type { Step } from '../src/world/step.ts'
import { createMasks } from '../src/guard/secret.ts'

const JOBS = 200
const REQUEST_MS = 80
const ROUNDS = 25

/**
 * Requests per minute and project, from https://cloud.google.com/iam/quotas: 60,000 for credentials, 6,000 for token exchanges. A
 * job makes one of each. `bucket` is how many are admitted at once: the minute's worth where no other job asks, and none but
 * what a second brings where others have used it up and compete for what is refilled.
 */
const QUOTAS = [
  { name: 'generateIdToken, all of the quota', perMinute: 60_000, bucket: 60_000 },
  { name: 'token exchange, all of the quota', perMinute: 6_000, bucket: 6_000 },
  { name: 'token exchange, a tenth is left', perMinute: 600, bucket: 10 },
  { name: 'token exchange, a fiftieth is left', perMinute: 120, bucket: 2 }
]

interface Clock {
  readonly now: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
  /** Lets time pass until no job waits any more. */
  readonly runAll: () => Promise<void>
}

/** Time that passes only when everybody waits. */
function createClock(): Clock {
  let now = 0
  const waiting: { readonly at: number; readonly wake: () => void }[] = []
  return {
    now: () => now,
    sleep: (milliseconds) => new Promise((wake) => waiting.push({ at: now + milliseconds, wake })),
    async runAll() {
      for (;;) {
        // A job that was woken takes some turns of the queue to wait again.
        await new Promise(setImmediate)
        waiting.sort((a, b) => a.at - b.at)
        const next = waiting.shift()
        if (next === undefined) return
        now = next.at
        next.wake()
      }
    }
  }
}

/** A bucket that fills steadily. */
function createQuota(perMinute: number, bucket: number, clock: Clock): () => boolean {
  const perMs = perMinute / 60_000
  let level = bucket
  let filledAt = 0
  return () => {
    level = Math.min(bucket, level + (clock.now() - filledAt) * perMs)
    filledAt = clock.now()
    if (level < 1) return false
    level -= 1
    return true
  }
}

function answer(status: number): Answer {
  return { answered: true, status, headers: {}, body: Buffer.alloc(0), truncated: false, milliseconds: REQUEST_MS }
}

async function simulate(
  perMinute: number,
  bucket: number
): Promise<{ seconds: number; failed: number; refused: number }> {
  const clock = createClock()
  const admits = createQuota(perMinute, bucket, clock)
  let refused = 0
  let failed = 0
  let lastDone = 0
  const step: Step = {
    env: {},
    masks: createMasks(() => undefined),
    log: { info: () => undefined },
    async send(): Promise<Outcome> {
      await clock.sleep(REQUEST_MS)
      if (admits()) return answer(200)
      refused += 1
      return answer(429)
    },
    prepare: () => undefined,
    sleep: clock.sleep,
    random: Math.random,
    now: clock.now,
    googleNow: clock.now,
    timeoutMs: 30_000,
    timeLeft: () => 180_000 - clock.now()
  }
  const unavailable = (): Failure => new Failure({ code: 'GOOGLE_UNAVAILABLE', sentence: 'refused', remedy: 'none' })
  const request = { method: 'POST', url: new URL('https://sts.googleapis.com/v1/token'), headers: {} }
  async function runJob(): Promise<void> {
    try {
      await requestWithRetries(step, request, unavailable)
    } catch {
      failed += 1
    }
    lastDone = clock.now()
  }
  const crowd = Promise.all(Array.from({ length: JOBS }, runJob))
  await clock.runAll()
  await crowd
  return { seconds: lastDone / 1000, failed, refused }
}

/** The time in which the quota lets the crowd through at best: used without a gap, and not one refusal. */
function bestSeconds(perMinute: number, bucket: number): number {
  return (Math.max(0, JOBS - bucket) / perMinute) * 60 + REQUEST_MS / 1000
}

console.log(`| quota | per minute | at best | with our retries | ratio | answers 429 | failed jobs |`)
console.log(`| --- | --- | --- | --- | --- | --- | --- |`)
for (const { name, perMinute, bucket } of QUOTAS) {
  const rounds: Awaited<ReturnType<typeof simulate>>[] = []
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await simulate(perMinute, bucket))
  const middle = rounds.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(ROUNDS / 2)]
  if (middle === undefined) continue
  const best = bestSeconds(perMinute, bucket)
  const cells = [
    name,
    perMinute,
    `${best.toFixed(1)} s`,
    `${middle.seconds.toFixed(1)} s`,
    (middle.seconds / best).toFixed(2),
    middle.refused,
    middle.failed
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
