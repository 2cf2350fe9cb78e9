import assert from 'node:assert/strict'
import type { Secret, SecretKind } from '../pretend-google/tokens/secrets.ts'
import type { RecordedRequest } from '../pretend-google/transport/requests.ts'
import type { PretendGoogle } from '../pretend-google/world.ts'
import type { ActionRun } from './run-action.ts'

/** Fewer characters of an opaque token are worth nothing, and may well turn up by chance. */
const FRAGMENT_LENGTH = 16

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
 * Asserts that no secret of the world, nor a piece of one that is of any use, has come out of a run anywhere but where an ID
 * token belongs; that every secret which the action had in its hands is masked; and that nothing else is.
 */
export function assertNoSecretLeaks(run: ActionRun, world: PretendGoogle, options: LeakOptions = {}): void {
  const secrets = world.secrets()
  for (const [place, text] of Object.entries(collectPlaces(run, options))) {
    const letters = squeeze(text)
    for (const secret of secrets) {
      assert.ok(!showsPieceOf(text, letters, secret), `${place} shows a piece of a secret (${secret.kind}):\n${text}`)
    }
  }
  const requests = requestsOf(run, world)
  for (const secret of secrets.filter((candidate) => hadInHands(run, candidate, requests))) {
    for (const part of partsToMask(secret)) {
      assert.ok(run.masks.includes(part), `A secret (${secret.kind}) was not masked: ${part}`)
    }
  }
  for (const mask of run.masks) {
    assert.ok(mask.length >= SHORTEST_MASK && isSecret(mask, run, secrets), `What is not secret was masked: ${mask}`)
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
    'An output': omit(run.outputs, TOKEN_OUTPUTS),
    'A file': omit(run.contentsLeft, [])
  }
}

function omit(values: Readonly<Record<string, string>>, names: readonly string[]): string {
  const kept = Object.entries(values).filter(([name]) => !names.includes(name))
  return kept.map(([name, value]) => `${name}=${value}`).join('\n')
}

/** Letters and digits alone, in one case: a piece that was split or written in capitals is a piece. */
function squeeze(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** @param letters of the text */
function showsPieceOf(text: string, letters: string, secret: Secret): boolean {
  const part = squeeze(sensitivePart(secret))
  // A few letters alone may stand there by chance.
  if (part.length < FRAGMENT_LENGTH) return text.includes(secret.value)
  return Array.from({ length: part.length - FRAGMENT_LENGTH + 1 }, (_, start) =>
    part.slice(start, start + FRAGMENT_LENGTH)
  ).some((fragment) => letters.includes(fragment))
}

/** Header and payload of a JWT are worthless without its signature, and are shown decoded. */
function sensitivePart({ value }: Secret): string {
  return isJwt(value) ? value.slice(value.lastIndexOf('.') + 1) : value
}

function partsToMask(secret: Secret): string[] {
  const { kind, value } = secret
  if (kind === 'AWS signature') return []
  // Of its request token GitHub's runner knows the whole; the action adds nothing.
  return isJwt(value) && kind !== 'GitHub request token' ? [value, sensitivePart(secret)] : [value]
}

/** What the world merely holds for others, or for another run, need not be masked. */
function hadInHands(run: ActionRun, { kind, value }: Secret, requests: readonly RecordedRequest[]): boolean {
  const wasGiven = run.given.some((text) => text.includes(value) || decode(text).includes(value))
  if (GIVEN_KINDS.includes(kind) && wasGiven && requests.length > 0) return true
  return requests.some(
    (request) =>
      JSON.stringify(request.headers).includes(value) ||
      request.body.includes(value) ||
      (request.answer?.body?.includes(value) === true && !isOvertaken(run, request, requests))
  )
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
function isSecret(mask: string, run: ActionRun, secrets: readonly Secret[]): boolean {
  const encodedDocuments = run.given.filter((text) => secrets.some(({ value }) => decode(text).includes(value)))
  return (
    secrets.some(({ value }) => value.includes(mask) || mask.includes(value) || decode(mask).includes(value)) ||
    encodedDocuments.some((text) => text.includes(mask))
  )
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

function isJwt(value: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(value)
}
