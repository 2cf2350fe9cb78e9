import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe } from 'node:test'
import { callScenario, callsOf, json, tokenOf } from '../call-given.ts'
import type { AppRequest } from '../call-given.ts'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import type { ActionRun } from '../../runner/run-action.ts'
import { createMasker } from '../../runner/masker.ts'
import { ACCOUNT, assertFailure, assertSuccess, SERVICE_URL } from '../given.ts'

type Disguise = (token: string) => string

const hex: Disguise = (text) => Buffer.from(text).toString('hex')
const base64: Disguise = (text) => Buffer.from(text).toString('base64')
const characters =
  (write: (code: number) => string): Disguise =>
  (text) =>
    Array.from(text, (character) => write(character.charCodeAt(0))).join('')
const inPieces =
  (length: number, separator: string): Disguise =>
  (text) =>
    (text.match(new RegExp(`.{1,${length}}`, 'g')) ?? []).join(separator)
const signatureOf: Disguise = (token) => token.slice(token.lastIndexOf('.') + 1)

/** None of these needs more than one line of code to undo. */
const DISGUISES: Readonly<Record<string, Disguise>> = {
  whole: (token) => token,
  'with its scheme': (token) => `Bearer ${token}`,
  'without its end': (token) => token.slice(0, -20),
  'without its beginning': (token) => token.slice(20),
  'its signature': signatureOf,
  'half of its signature': (token) => signatureOf(token).slice(0, 170),
  'twenty characters of its signature': (token) => signatureOf(token).slice(100, 120),
  'over many lines': inPieces(64, '\n'),
  'over many lines with CRLF': inPieces(76, '\r\n'),
  'in quoted-printable': inPieces(75, '=\r\n'),
  'with escaped line breaks': inPieces(40, '\\n'),
  'in pieces with blanks': inPieces(7, ' '),
  'in a list of strings': inPieces(9, '", "'),
  'with word breaks': inPieces(20, '<wbr>'),
  'with markup in it': inPieces(20, '</span><span class="t">'),
  'letter by letter': inPieces(1, ' '),
  'with zero-width blanks': inPieces(5, '\u200B'),
  'in base64': base64,
  'in base64 of a header': (token) => base64(`Authorization: Bearer ${token}`),
  'in base64 of a header, shifted by one': (token) => base64(`authorization:Bearer ${token} `),
  'in base64 of a header, shifted by two': (token) => base64(`A: Bearer ${token}`),
  'in base64url': (token) => Buffer.from(`{"token":"${token}"}`).toString('base64url'),
  'in base64 over many lines': (token) => inPieces(76, '\n')(base64(token)),
  'in hex': hex,
  'in HEX': (token) => hex(token).toUpperCase(),
  'in hex with colons': (token) => inPieces(2, ':')(hex(token)),
  'in hex with 0x': characters((code) => `0x${code.toString(16)}, `),
  'percent-encoded': characters((code) => `%${code.toString(16)}`),
  'percent-Encoded': characters((code) => `%${code.toString(16).toUpperCase()}`),
  'with the escapes of JSON': characters((code) => `\\u00${code.toString(16)}`),
  'with the ESCAPES of JSON': characters((code) => `\\u00${code.toString(16).toUpperCase()}`),
  'with the escapes of C': characters((code) => `\\x${code.toString(16)}`),
  'as a list of numbers': (token) => JSON.stringify(Buffer.from(token)),
  'with the entities of HTML': characters((code) => `&#${code};`),
  'with the hexadecimal entities of HTML': characters((code) => `&#x${code.toString(16)};`),
  'as JSON in JSON': (token) => JSON.stringify(JSON.stringify({ token })),
  'in a URL': (token) => `https://x.example/?${new URLSearchParams({ token: `Bearer ${token}` }).toString()}`,
  'with its hyphens as entities': (token) => token.replaceAll('-', '&#45;').replaceAll('_', '&#95;'),
  'with padded entities': characters((code) => `&#X00${code.toString(16)};`),
  'with octal escapes': characters((code) => `\\${code.toString(8)}`),
  'with soft hyphens': inPieces(5, '&shy;'),
  'with long tags': inPieces(20, `<span style="${'color: red; '.repeat(20)}">`),
  reversed: (token) => Array.from(token).toReversed().join(''),
  'in capitals': (token) => token.toUpperCase(),
  'in small letters': (token) => token.toLowerCase(),
  'in UTF-16': (token) => Buffer.from(token, 'utf16le').toString('latin1')
}

/** Asserts that no run of letters of the signature, which alone makes a token worth anything, is left in whatever disguise. */
function assertTakenOut(run: ActionRun, token: string, name: string, disguise: Disguise): void {
  const squeeze = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, '')
  // What another token would look like as well: the prefix that the disguise adds, header and claims.
  const other = windowsOf(squeeze(disguise(token.replace(/[^.]*$/, (signature) => '7'.repeat(signature.length)))))
  const pieces = new Set([...windowsOf(squeeze(disguise(token)))].filter((piece) => !other.has(piece)))
  const outputs = Object.entries(run.outputs).filter(([output]) => !output.startsWith('id_token'))
  const log = run.lines.map(({ text }) => text).filter((text) => !text.startsWith('::add-mask::'))
  const places = { ...Object.fromEntries(outputs), 'the log': log.join('\n'), 'the summary': run.summary }
  for (const [place, text] of Object.entries(places)) {
    const shown = [...windowsOf(squeeze(text))].filter((piece) => pieces.has(piece))
    assert.deepEqual(shown, [], `${place} shows the token ${name}`)
  }
}

const WINDOW = 18

function windowsOf(text: string): Set<string> {
  return new Set(Array.from({ length: Math.max(0, text.length - WINDOW + 1) }, (_, at) => text.slice(at, at + WINDOW)))
}

/** The token as the application sees it. */
const echoed = (request: AppRequest): string => tokenOf(request) ?? ''
const sentTo = (world: PretendGoogle): string => tokenOf(callsOf(world)[0] ?? { headers: {} }) ?? ''
const whole: Disguise = (token) => token

/** Some disguises at a time, so that an output holds them. */
const groupsOf = (disguises: readonly (readonly [string, Disguise])[]): (readonly (readonly [string, Disguise])[])[] =>
  Array.from({ length: Math.ceil(disguises.length / 7) }, (_, index) => disguises.slice(index * 7, index * 7 + 7))

describe('An echo of the token in the body', { concurrency: 4 }, () => {
  for (const group of groupsOf(Object.entries(DISGUISES))) {
    const app = (request: AppRequest): object => ({
      status: 400,
      body: group.map(([name, disguise]) => `${name}: ${disguise(echoed(request))} = ${name}\n`).join('')
    })
    callScenario(`It is taken out: ${group.map(([name]) => name).join(', ')}`, { app }, async ({ world, call }) => {
      const run = await call({ expect_body: 'nothing', expect_json: '@' })
      assertFailure(run, 'EXPECTATION_FAILED')
      for (const [name, disguise] of group) assertTakenOut(run, sentTo(world), name, disguise)
      assert.match(run.outputs['body'] ?? '', /\*\*\*/)
    })
  }

  callScenario(
    'A thousand echoes are taken out where the answer is right',
    { app: (request) => json({ all: Array(1000).fill(request.headers) }) },
    async ({ world, call }) => {
      const run = await call({ expect_json: 'length(all) == `1000`' })
      assertSuccess(run)
      assertTakenOut(run, sentTo(world), 'whole', whole)
    }
  )

  for (const charset of ['utf-16le', 'utf-16be', 'iso-2022-jp', 'shift_jis']) {
    const app = (request: AppRequest): object => ({
      headers: { 'content-type': `text/plain; charset=${charset}` },
      body: Buffer.concat([Buffer.from([0x1b, 0x24, 0x42]), Buffer.from(`${echoed(request)}!`)])
    })
    callScenario(
      `One in ASCII is taken out, though it is said to be in ${charset}`,
      { app },
      async ({ world, call }) => {
        const run = await call()
        assertSuccess(run)
        assertTakenOut(run, sentTo(world), 'whole', whole)
        const bytes = ['utf-16le', 'utf16le', 'latin1'] as const
        const body = run.outputs['body'] ?? ''
        assert.match(body, /\*\*\*!$/)
        for (const encoding of bytes) {
          assert.ok(
            !Buffer.from(body, encoding)
              .toString('latin1')
              .includes(signatureOf(sentTo(world)).slice(0, 20))
          )
        }
      }
    )
  }

  callScenario(
    'One that the end of the output would cut is taken out',
    { app: (request) => ({ body: 'x'.repeat(65_000) + echoed(request) }) },
    async ({ world, call }) => {
      const run = await call()
      assertSuccess(run)
      assertTakenOut(run, sentTo(world), 'whole', whole)
    }
  )

  callScenario(
    'The left side of a comparison does not show it',
    { app: (request) => json({ a: { b: echoed(request) }, c: echoed(request).split('.') }) },
    async ({ world, call }) => {
      const expressions = ["a.b == 'x'", "c[2] == 'x'", "reverse(c[2]) == 'x'", "join('-', c) == 'x'"]
      const run = await call({ method: 'POST', expect_json: expressions.join('\n') })
      assertFailure(run, 'EXPECTATION_FAILED')
      assertTakenOut(run, sentTo(world), 'whole', whole)
    }
  )

  const innocent =
    `I am ${SERVICE_URL}, ${ACCOUNT} called; 0123456789abcdef0123456789abcdef, ` +
    'a1b2c3d4-e5f6-7890-abcd-ef0123456789, 1700000000000'
  callScenario('What is no token stays as it is', { app: [{ body: innocent }] }, async ({ call }) => {
    const run = await call()
    assertSuccess(run)
    assert.equal(run.outputs['body'], innocent)
  })
})

describe('An echo of the token in a header', { concurrency: 4 }, () => {
  const fits = Object.entries(DISGUISES).filter(([, disguise]) =>
    /^[\x20-\x7E]*$/.test(disguise('abc.def'.repeat(100)))
  )
  for (const group of groupsOf(fits)) {
    const app = (request: AppRequest): object => ({
      status: 400,
      headers: Object.fromEntries(group.map(([, disguise], index) => [`x-echo-${index}`, disguise(echoed(request))]))
    })
    callScenario(`It is taken out: ${group.map(([name]) => name).join(', ')}`, { app }, async ({ world, call }) => {
      const run = await call({ expect_headers: group.map((_, index) => `X-Echo-${index}: nothing`).join('\n') })
      assertFailure(run, 'EXPECTATION_FAILED')
      for (const [name, disguise] of group) assertTakenOut(run, sentTo(world), name, disguise)
    })
  }

  const iap = 'x-goog-iap-generated-response'
  const PLACES: readonly [string, (token: string) => object][] = [
    [
      'several headers',
      (token) => ({ headers: Object.fromEntries(piecesOf(token).map((piece, at) => [`x-${at}`, piece])) })
    ],
    ['several values of one header', (token) => ({ headers: { 'set-cookie': piecesOf(token) } })],
    ['Location', (token) => ({ status: 302, headers: { location: `/login?token=${token}` } })],
    ['the content type', (token) => ({ headers: { 'content-type': `text/plain; token=${token}` } })],
    [
      "what looks like IAP's client id",
      (token) => {
        const id = signatureOf(token).slice(0, 190)
        return { status: 302, headers: { location: `https://accounts.google.com/?client_id=${id}`, [iap]: 'true' } }
      }
    ],
    ['the name of a header', (token) => ({ headers: { [`x-${token}`]: '1' } })]
  ]
  for (const [place, answer] of PLACES) {
    callScenario(
      `It is taken out of ${place}`,
      { app: (request) => answer(echoed(request)) },
      async ({ world, call }) => {
        const run = await call({ method: 'POST', expect_json: '@' })
        assert.equal(run.exitCode, 1)
        assertTakenOut(run, sentTo(world), place, whole)
        assertTakenOut(run, sentTo(world), `${place}, in small letters`, (text) => text.toLowerCase())
      }
    )
  }
})

const piecesOf = (token: string): string[] => inPieces(60, '\n')(token).split('\n')

describe("An echo of the job's own secret", { concurrency: 4 }, () => {
  const secret = `sk_live_${randomBytes(300).toString('base64url')}`
  const BODIES: Readonly<Record<string, string>> = {
    whole: `{"key":"${secret.slice(0, 90)}"}`,
    'longer than what is shown': JSON.stringify({ error: `the key ${secret} is unknown` }),
    'at the end of what is shown': `${'no such key '.repeat(12)}${secret}`,
    'at the end of what the summary shows': `${'no such key '.repeat(160)}${secret}`,
    'at the end of the output': `${'no such key '.repeat(5_450)}${secret}`
  }
  for (const [where, body] of Object.entries(BODIES)) {
    for (const status of [200, 401, 500]) {
      callScenario(
        `It is shown whole or not at all: ${where}, ${status}`,
        { app: [{ status, body }] },
        async (stage) => {
          const run = await stage.call({ method: 'POST', expect_body: 'nothing' })
          assert.equal(run.exitCode, 1)
          const masker = createMasker()
          masker.add(where === 'whole' ? secret.slice(0, 90) : secret)
          const shown = masker.hide([run.log, run.summary, run.outputs['body']].join('\n'))
          for (const piece of secret.match(/.{12}/g) ?? []) assert.ok(!shown.includes(piece), shown)
        }
      )
    }
  }
})
