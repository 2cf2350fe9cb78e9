import type { AttemptRecord } from './call/attempts.ts'
import type { CallResult } from './call/service.ts'
import { describeStatus } from './call/status-set.ts'
import type { FailureText } from './failure.ts'
import type { IdToken } from './id-token.ts'
import type { Identity } from './identity/credential.ts'
import type { Inputs } from './inputs.ts'
import { details, inert, inertBlock, inertCell, inertCode, table } from './markup.ts'
import { safeUrl } from './safe-text.ts'

/** What the run has come to so far. */
export interface Story {
  readonly inputs?: Inputs
  readonly identity?: Identity
  /** By audience as it was asked for. */
  readonly tokens?: ReadonlyMap<string, IdToken>
  readonly attempts?: readonly AttemptRecord[]
  readonly result?: CallResult
}

/** What the summary shows of a body, in characters. */
const BODY_LENGTH = 2_000

/** Bars that are narrower than this part of the whole cannot be seen. */
const NARROWEST_BAR = 0.01

/**
 * The job summary in GitHub Flavored Markdown; whatever came from outside is inert in it.
 *
 * @param link to the failure's heading in the documentation
 */
export function renderSummary(story: Story, failure: FailureText | undefined, link: string): string {
  const sections = [
    `### ${failure === undefined ? '✅' : '❌'} ${headline(story, failure)}`,
    failure === undefined ? '' : renderFailure(failure, link),
    renderFacts(story),
    renderVerdicts(story),
    renderAttempts(story.attempts ?? []),
    renderClaims(story),
    renderBody(story.result)
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function headline({ inputs, tokens }: Story, failure: FailureText | undefined): string {
  if (failure !== undefined) return `${failure.code}: ${inert(failure.sentence, 500)}`
  if (inputs?.call !== undefined) return `${inert(safeUrl(inputs.call.url))} answered as expected`
  const count = tokens?.size ?? 0
  return count === 1 ? 'An ID token was issued' : `${count} ID tokens were issued`
}

function renderFailure(failure: FailureText, link: string): string {
  return [
    failure.cause === undefined ? '' : `**Likely cause:** ${inert(failure.cause, 500)}`,
    `**Remedy:** ${inert(failure.remedy, 500)}`,
    failure.commands === undefined || failure.commands.length === 0
      ? ''
      : inertBlock(failure.commands.join('\n'), BODY_LENGTH),
    failure.answer === undefined ? '' : `**The answer was:** ${inertCode(failure.answer, 500)}`,
    (failure.details ?? []).map((line) => `- ${inertCode(line)}`).join('\n'),
    link.startsWith('https://') ? `[More about ${failure.code}](${encodeURI(link)})` : ''
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function renderFacts({ inputs, identity, tokens, attempts = [], result }: Story): string {
  const [token] = tokens?.values() ?? []
  const last = attempts.at(-1)
  const rows: [string, string][] = []
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') rows.push([name, value])
  }
  const call = inputs?.call
  add('Service', call === undefined ? undefined : `${call.method} ${inertCell(safeUrl(call.url))}`)
  add('Tag', call?.tag === undefined ? undefined : inertCell(call.tag))
  add('Audience', inputs?.audiences.map((audience) => inertCell(audience)).join('<br>'))
  add('Derived', inputs?.audienceDerived === true ? 'yes, from the URL' : undefined)
  add('Identity', token === undefined ? undefined : inertCell(token.email))
  add('Credential', identity === undefined ? undefined : inert(identity.credential.description))
  add('Token expires', token === undefined ? undefined : new Date(token.expiresAt).toISOString())
  add(
    'Private',
    call?.assertPrivate === true && result !== undefined ? 'Google refused a call without a token' : undefined
  )
  add('Status', result?.response === undefined ? undefined : describeStatus(result.response.status))
  add('Attempts', last === undefined ? undefined : `${last.number}`)
  add('Latency', last === undefined ? undefined : `${last.milliseconds} ms`)
  return rows.length === 0 ? '' : table(rows)
}

function renderVerdicts({ result }: Story): string {
  const verdicts = result?.response?.verdicts ?? []
  if (verdicts.length === 0) return ''
  return [
    '| Expectation | | Actual |',
    '| --- | --- | --- |',
    ...verdicts.map(
      ({ expectation, met, actual }) => `| ${inertCell(expectation)} | ${met ? '✅' : '❌'} | ${inertCell(actual)} |`
    )
  ].join('\n')
}

/** When each attempt was under way. Its labels are our own words: Mermaid has a syntax of its own, which nobody may inject. */
function renderAttempts(attempts: readonly AttemptRecord[]): string {
  const last = attempts.at(-1)
  if (last === undefined || attempts.length < 2) return ''
  const end = last.startedMs + last.milliseconds
  const bars = attempts.map((record) => {
    const { number, startedMs, milliseconds, label, next } = record
    const barEnd = startedMs + Math.max(milliseconds, Math.ceil(end * NARROWEST_BAR))
    return `  ${number} – ${label} :${next === 'passed' ? 'done' : 'crit'}, ${startedMs}, ${barEnd}`
  })
  return ['```mermaid', 'gantt', '  dateFormat x', '  axisFormat %M:%S', '  title Attempts', ...bars, '```'].join('\n')
}

function renderClaims({ tokens }: Story): string {
  return [...(tokens?.values() ?? [])]
    .map(({ audience, claims }) =>
      details(
        `Claims of the token for ${inert(audience)}`,
        inertBlock(JSON.stringify(claims, undefined, 2), BODY_LENGTH)
      )
    )
    .join('\n')
}

function renderBody(result: CallResult | undefined): string {
  const text = result?.response?.text ?? ''
  return text.trim() === '' ? '' : details('Body of the last answer', inertBlock(text, BODY_LENGTH))
}
