import assert from 'node:assert/strict'
import type { Secret, SecretKind } from '../pretend-google/tokens/secrets.ts'
import type { RecordedRequest } from '../pretend-google/transport/requests.ts'
import type { PretendGoogle } from '../pretend-google/world.ts'
import { secretsInDocuments } from './document-secrets.ts'
import { createPieceFinder } from './pieces.ts'
import type { ActionRun } from './run-action.ts'

/** The outputs that hand ID tokens on. */
const TOKEN_OUTPUTS = ['id_token', 'id_tokens']

/** Shorter masks would hide words that have nothing to do with a secret. */
const SHORTEST_MASK = 8

/** These travel in other forms or not at all: the action has them in its hands as soon as it is given them. */
const GIVEN_KINDS: readonly SecretKind[] = [
  'private key',
  'AWS secret',
  'refresh token',
  'client secret',
  'proxy password'
]

interface LeakOptions {
  /** The variable in which the ID token was asked for. */
  readonly exportEnv?: string
}

/**
 * Asserts that no secret of the world or of a document that the run was given, nor a piece of one that is of any use, has come
 * out of the run anywhere but where an ID token belongs, as it is or encoded; that every secret which the action had in its hands
 * is masked; and that nothing else is.
 */
export function assertNoSecretLeaks(run: ActionRun, world: PretendGoogle, options: LeakOptions = {}): void {
  const given = [...run.given, ...run.given.map(decode)]
  const inDocuments = secretsInDocuments(given)
  const secrets = [...world.secrets(), ...inDocuments, ...signedByRun(run)]
  const findPiece = createPieceFinder(secrets, ({ value }) => sensitivePart(value))
  for (const [place, text] of Object.entries(collectPlaces(run, options))) {
    const leak = findPiece(text)
    assert.ok(leak === undefined, `${place} shows a piece of a secret (${leak?.kind}):\n${text}`)
  }
  const requests = requestsOf(run, world)
  const held = [...secrets.filter(createHeldJudge(run, requests, given)), ...(requests.length > 0 ? inDocuments : [])]
  for (const secret of held) {
    for (const part of partsToMask(secret)) {
      assert.ok(run.masks.includes(part), `A secret (${secret.kind}) was not masked: ${part}`)
    }
  }
  const isSecret = createMaskJudge(run, secrets)
  for (const mask of run.masks) {
    assert.ok(mask.length >= SHORTEST_MASK && isSecret(mask), `What is not secret was masked: ${mask}`)
  }
}

/** Everything that a run leaves for others to see, but for the places where an ID token belongs. */
function collectPlaces(run: ActionRun, { exportEnv }: LeakOptions): Record<string, string> {
  const withoutMasks = run.lines.filter(({ text }) => !text.startsWith('::add-mask::')).map(({ text }) => text)
  return {
    'The log': run.debugLog,
    'The raw output': withoutMasks.join('\n'),
    'An annotation': run.annotations.map(({ message, title }) => `${title ?? ''} ${message}`).join('\n'),
    'The summary': run.summary,
    'The environment': omit(run.environment, exportEnv === undefined ? [] : [exportEnv]),
    'The state': omit(run.state, []),
    'The path': run.paths.join('\n'),
    'An output': omit(run.outputs, TOKEN_OUTPUTS),
    'A file': omit(run.contentsLeft, [])
  }
}

function omit(values: Readonly<Record<string, string>>, names: readonly string[]): string {
  const kept = Object.entries(values).filter(([name]) => !names.includes(name))
  return kept.map(([name, value]) => `${name}=${value}`).join('\n')
}

/** Header and payload of a JWT are worthless without its signature, and are shown decoded. */
export function sensitivePart(value: string): string {
  return isJwt(value) ? value.slice(value.lastIndexOf('.') + 1) : value
}

/** A JWT that a run signed may never have been sent, so that the world does not know it. */
function signedByRun({ masks }: ActionRun): Secret[] {
  return masks.filter(isJwt).map((value) => ({ kind: 'signed JWT', value }))
}

function partsToMask({ kind, value }: Secret): string[] {
  if (kind === 'AWS signature') return []
  // Of its request token GitHub's runner knows the whole; the action adds nothing.
  return isJwt(value) && kind !== 'GitHub request token' ? [value, sensitivePart(value)] : [value]
}

/** What the world merely holds for others, or for another run, need not be masked. */
function createHeldJudge(
  run: ActionRun,
  requests: readonly RecordedRequest[],
  given: readonly string[]
): (secret: Secret) => boolean {
  const sent = requests.map(({ headers, body }) => `${JSON.stringify(headers)} ${body}`)
  const received = requests
    .filter((request) => request.answer?.delivery === undefined && !isOvertaken(run, request, requests))
    .map(({ answer }) => String(answer?.body ?? ''))
  return ({ kind, value }) =>
    (GIVEN_KINDS.includes(kind) && requests.length > 0 && given.some((text) => text.includes(value))) ||
    sent.some((text) => text.includes(value)) ||
    received.some((text) => text.includes(value))
}

/** The requests of this run, of all those that the world has seen. */
function requestsOf({ startedAt, durationMs }: ActionRun, world: PretendGoogle): RecordedRequest[] {
  return world.requests.filter(({ at }) => at >= startedAt && at <= startedAt + durationMs)
}

/** Where requests run side by side and one is refused, the run may end before it reads the answers to the others. */
function isOvertaken(run: ActionRun, request: RecordedRequest, requests: readonly RecordedRequest[]): boolean {
  const { at, answeredAt = Infinity } = request
  return (
    run.exitCode !== 0 &&
    requests.some(
      (other) => (other.answeredStatus ?? 0) >= 400 && other.at < answeredAt && at < (other.answeredAt ?? Infinity)
    )
  )
}

/** A mask may also hide a secret in base64: of a whole document, line by line, or of a client's Basic credentials. */
function createMaskJudge(run: ActionRun, secrets: readonly Secret[]): (mask: string) => boolean {
  const encodedDocuments = run.given.filter((text) => {
    const decoded = decode(text)
    return secrets.some(({ value }) => decoded.includes(value))
  })
  return (mask) => {
    const decoded = decode(mask)
    return (
      secrets.some(({ value }) => value.includes(mask) || mask.includes(value) || decoded.includes(value)) ||
      encodedDocuments.some((text) => text.includes(mask))
    )
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

function isJwt(value: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(value)
}
