import type { AttemptRecord } from '../call/attempts.ts'
import { describeMiss, describeVerdict, type Verdict } from '../call/verdicts.ts'
import type { CallResult } from '../call/service.ts'
import { describeStatus } from '../world/outcome.ts'
import { FAILURES, type FailureText, type Snippet } from '../failure/failure.ts'
import type { IdToken, TokenKind } from '../token/id-token.ts'
import type { Identity } from '../token/credential.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { details, inert, inertBlock, inertCode, inertHtml, inertHtmlCode, table } from './markup.ts'
import { safeUrl } from '../guard/safe-text.ts'

/** What the run has come to so far. */
export interface RunRecord {
  readonly inputs?: Inputs
  readonly identity?: Identity
  /** By audience as it was asked for. */
  readonly tokens?: ReadonlyMap<string, IdToken>
  /** Google refused a call without a token. */
  readonly isPrivate?: boolean
  readonly attempts?: readonly AttemptRecord[]
  readonly result?: CallResult
}

/** What a block shows of a body, of claims or of lines to paste, in characters. */
const BLOCK_LENGTH = 2_000

/** What is shown of a sentence, in characters. */
const PROSE_LENGTH = 2_000

/** GitHub never wraps a block, but it wraps code within a paragraph; a block of this many characters needs no scrolling. */
const BLOCK_WIDTH = 100

/** A heading of more characters is more than one line. */
const PLACE_LENGTH = 70

// GitHub shows no summary of more than 1 MiB (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits).
const MOST_AUDIENCES = 10
const MOST_VERDICTS = 50

/** With more bars the diagram is too long. */
const MOST_BARS = 20

/** Bars that are narrower than this part of the whole cannot be seen. */
const NARROWEST_BAR = 0.01

/** How the axis of a diagram is divided, up to a length in milliseconds: about ten ticks at most, each with a label of its own. */
const AXES: readonly (readonly [number, string, string])[] = [
  [2_000, '200millisecond', '%-S.%L s'],
  [10_000, '1second', '%-S s'],
  [100_000, '10second', '%M:%S'],
  [600_000, '1minute', '%M:%S'],
  [6_000_000, '10minute', '%H:%M h'],
  [Number.POSITIVE_INFINITY, '1hour', '%H:%M h']
]

/**
 * The job summary in GitHub Flavored Markdown; whatever came from outside is inert in it.
 *
 * @param link to the failure's heading in the documentation
 */
export function renderSummary(record: RunRecord, failure: FailureText | undefined, link: string): string {
  const verdicts = tabulatedVerdicts(record, failure)
  const headline = `### ${failure === undefined ? '✅' : '❌'} ${nameVerdict(record, failure)}`
  const sections = [
    headline,
    failure === undefined ? '' : renderFailure(failure, link, record.result?.response?.verdicts ?? []),
    renderFacts(record, failure, [headline, failure?.sentence, ...verdicts.map(({ actual }) => actual)].join(' ')),
    renderVerdicts(verdicts, failure !== undefined),
    renderAttempts(record.attempts ?? []),
    renderClaims(record),
    // After a success the body of a private service is not shown: all who can read the run could read it.
    failure === undefined ? '' : renderBody(record.result)
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

/** What a token is called, by its kind. */
export function nameTokens(kind: TokenKind | undefined, count: number): string {
  const plural = count === 1 ? '' : 's'
  return kind === 'iap_jwt' ? `signed JWT${plural} for Identity-Aware Proxy` : `ID token${plural}`
}

/**
 * What the table of expectations shows. Where the application never answered there is nothing to hold against them; a status
 * that was expected is in the headline or among the facts, and alone needs no table.
 */
function tabulatedVerdicts({ result }: RunRecord, failure: FailureText | undefined): readonly Verdict[] {
  const { responder, verdicts = [] } = result?.response ?? {}
  const [status, ...others] = verdicts
  if (status === undefined || (failure !== undefined && responder !== 'application')) return []
  return status.met || others.length === 0 ? others : verdicts
}

/** The verdict, and where. */
function nameVerdict({ inputs, tokens, result }: RunRecord, failure: FailureText | undefined): string {
  const url = inputs?.call?.url
  const place = url === undefined ? '' : `: ${inertCode(url.host + url.pathname, PLACE_LENGTH)}`
  if (failure !== undefined) return `${failure.code}${place}`
  if (result?.response !== undefined) return `${describeStatus(result.response.status)}, as expected${place}`
  const count = tokens?.size ?? 0
  return count === 1 ? `${nameTokens(inputs?.token, 1)} issued` : `${count} ${nameTokens(inputs?.token, count)} issued`
}

/** @param verdicts for which there is a table: the failure's details have them for the log */
function renderFailure(failure: FailureText, link: string, verdicts: readonly Verdict[]): string {
  const { code, sentence, cause, remedy, snippets = [], answer, details: facts = [] } = failure
  const tabulated = new Set(verdicts.map(describeVerdict))
  return [
    `**${inert(FAILURES[code])}.** ${renderSentence(sentence, verdicts)}`,
    cause === undefined ? '' : `**Likely cause:** ${inert(cause, PROSE_LENGTH)}`,
    `**Remedy:** ${inert(remedy, PROSE_LENGTH)}`,
    ...snippets.map((snippet) => `${inert(snippet.place)}:\n\n${renderLines(snippet)}`),
    link.startsWith('https://') ? `[More about ${code}](${encodeURI(link)})` : '',
    answer === undefined ? '' : `**The answer was:** ${inertCode(answer)}`,
    renderDetails(facts.filter((fact) => !tabulated.has(fact)))
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Facts of one line each: a sentence alone wraps. */
function renderDetails(facts: readonly string[]): string {
  if (facts.length === 0) return ''
  return facts.length === 1 ? inert(facts.join(''), PROSE_LENGTH) : inertBlock(facts.join('\n'), BLOCK_LENGTH)
}

/** A sentence; where it says that an expectation was missed, the expectation is one piece of code, and what was found another. */
function renderSentence(sentence: string, verdicts: readonly Verdict[]): string {
  let rest = sentence
  let shown = ''
  for (const verdict of verdicts.filter(({ met }) => !met)) {
    const miss = describeMiss(verdict)
    const start = rest.indexOf(miss)
    if (start === -1) continue
    const expected = inertCode(verdict.expectation, PROSE_LENGTH)
    shown += `${inert(rest.slice(0, start), PROSE_LENGTH)} expected ${expected}, found ${inertCode(verdict.actual, PROSE_LENGTH)}`
    rest = rest.slice(start + miss.length)
  }
  return `${shown}${shown !== '' && rest.startsWith(' ') ? ' ' : ''}${inert(rest, PROSE_LENGTH)}`
}

/** Lines to paste or to compare: long ones wrap, and what has a shape keeps it. */
function renderLines({ language, lines }: Snippet): string {
  const text = lines.join('\n')
  const hasShape = language === 'yaml' || language === 'json' || lines.some((line) => /^\s|\\$/.test(line))
  const wraps = !hasShape && text.length <= BLOCK_LENGTH && lines.some(({ length }) => length > BLOCK_WIDTH)
  return wraps ? lines.map((line) => inertCode(line, BLOCK_LENGTH)).join('<br>\n') : inertBlock(text, BLOCK_LENGTH)
}

/** @param told what the summary says elsewhere: a status there is not repeated */
function renderFacts(record: RunRecord, failure: FailureText | undefined, told: string): string {
  const { inputs, identity, tokens, attempts = [] } = record
  const [token] = tokens?.values() ?? []
  const call = inputs?.call
  const last = attempts.at(-1)
  const wanted = identity?.impersonations.at(-1)?.account ?? identity?.credential.account
  const isStatusTold = last?.status !== undefined && new RegExp(`\\b${last.status}\\b`).test(told)
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Service', call && `${call.method} ${inertHtmlCode(safeUrl(call.url))}`],
    ['Tag', inertHtmlCode(call?.tag ?? '')],
    ['Audience', inputs && describeAudiences(inputs, tokens)],
    ['Identity', inertHtmlCode(token?.email ?? '')],
    ['Service account (wanted)', token === undefined ? inertHtmlCode(wanted ?? '') : ''],
    ['Credential', identity && inertHtml(identity.credential.description)],
    ['Status', isStatusTold ? '' : describeLast(record, last)],
    ['Attempts', last && `${last.number}${attempts.length < 2 ? '' : `, in ${describeDuration(endOf(last))}`}`],
    ['Latency', last && describeDuration(last.milliseconds)],
    ['Private', describePrivacy(record.isPrivate, failure)],
    ['Token&nbsp;expires', token && describeTime(token.expiresAt)]
  ]
  const known = rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]))
  return known.length === 0 ? '' : table(known)
}

function describeAudiences({ audiences, audienceDerived }: Inputs, tokens: RunRecord['tokens']): string {
  const lines = audiences.slice(0, MOST_AUDIENCES).map((audience) => {
    const own = tokens?.get(audience)?.audience ?? audience
    const source = audienceDerived ? 'derived from the URL' : 'as set in the workflow'
    const other = own === audience ? '' : `; the token itself is for ${inertHtmlCode(own)}`
    return `${inertHtmlCode(audience)} (${source}${other})`
  })
  const more = audiences.length - lines.length
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('<br>')
}

/** The status of the last attempt, or what came instead; then also the status before. */
function describeLast({ result }: RunRecord, last: AttemptRecord | undefined): string | undefined {
  const { status } = result?.response ?? {}
  if (status === undefined || last === undefined) return last?.label
  return last.status === undefined ? `${last.label}; before it ${describeStatus(status)}` : describeStatus(status)
}

function describePrivacy(isPrivate: boolean | undefined, failure: FailureText | undefined): string {
  if (failure?.code === 'NOT_PRIVATE') return '❌ Google did not refuse a call without a token'
  return isPrivate === true ? '✅ Google refused a call without a token' : ''
}

function describeTime(milliseconds: number): string {
  return new Date(milliseconds)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

/** @param withActual whether what was found is shown: it may be a piece of the body, and where all is well it is not needed */
function renderVerdicts(verdicts: readonly Verdict[], withActual: boolean): string {
  if (verdicts.length === 0) return ''
  const all = verdicts.length <= MOST_VERDICTS
  // If there are too many to show, the missed ones come first.
  const shown = all ? verdicts : verdicts.toSorted((a, b) => Number(a.met) - Number(b.met)).slice(0, MOST_VERDICTS)
  const rows = shown.map(({ expectation, met, actual }) => [
    met ? '✅' : '❌',
    inertHtmlCode(expectation),
    ...(withActual ? [inertHtmlCode(actual)] : [])
  ])
  const more = all ? [] : [['…', `${verdicts.length - MOST_VERDICTS} more`, ...(withActual ? [''] : [])]]
  return table([...rows, ...more], ['', 'Expectation', ...(withActual ? ['Actual'] : [])])
}

/**
 * When each attempt was under way, and why it was not the last. The labels are our own words, without colons: Mermaid has a
 * syntax of its own (https://mermaid.js.org/syntax/gantt.html), into which no answer may write.
 */
function renderAttempts(attempts: readonly AttemptRecord[]): string {
  const last = attempts.at(-1)
  if (last === undefined || attempts.length < 2) return ''
  const lengthMs = Math.max(1, endOf(last))
  const [, interval, format] = AXES.find(([limit]) => lengthMs <= limit) ?? ['', '1hour', '%H:%M h']

  const drawBar = (name: string, kind: string, startMs: number, endMs: number): string => {
    // Without a time zone: Mermaid takes and shows local times, so that everybody sees the axis start at zero.
    const start = new Date(startMs).toISOString().replace('Z', '')
    return `  ${name} :${kind}, ${start}, ${Math.ceil(Math.max(endMs - startMs, lengthMs * NARROWEST_BAR))}ms`
  }
  const drawAttempt = (attempt: AttemptRecord): string => {
    const { number, label, why, milliseconds, passed, startedMs } = attempt
    return drawBar(
      `${passed ? '✅' : '❌'} ${number} – ${label}, ${describeDuration(milliseconds)}${why === undefined ? '' : ` – ${why}`}`,
      passed ? 'active' : 'crit',
      startedMs,
      endOf(attempt)
    )
  }
  const shown = attempts.length <= MOST_BARS ? attempts.length : MOST_BARS / 2
  const rest = attempts.slice(shown)
  const omitted = rest.slice(0, -shown)
  const [from, to] = [omitted[0], omitted.at(-1)]
  return [
    '```mermaid',
    'gantt',
    '  title Attempts',
    '  dateFormat YYYY-MM-DDTHH:mm:ss.SSS',
    `  axisFormat ${format}`,
    `  tickInterval ${interval}`,
    ...attempts.slice(0, shown).map(drawAttempt),
    ...(from && to ? [drawBar(`${omitted.length} more`, 'done', from.startedMs, endOf(to))] : []),
    ...rest.slice(-shown).map(drawAttempt),
    '```'
  ].join('\n')
}

function renderClaims({ tokens }: RunRecord): string {
  return [...(tokens?.values() ?? [])]
    .slice(0, MOST_AUDIENCES)
    .map(({ audience, claims }) =>
      details(
        `Claims of the token for ${inertHtmlCode(audience)}`,
        inertBlock(JSON.stringify(claims, undefined, 2), BLOCK_LENGTH)
      )
    )
    .join('\n\n')
}

function renderBody(result: CallResult | undefined): string {
  const text = result?.response?.text ?? ''
  if (text.trim() === '') return ''
  return details(
    text.length > BLOCK_LENGTH ? 'Beginning of the body of the last answer' : 'Body of the last answer',
    inertBlock(text, BLOCK_LENGTH)
  )
}

function endOf({ startedMs, milliseconds }: AttemptRecord): number {
  return startedMs + milliseconds
}

function describeDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds} ms`
  return milliseconds < 100_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : `${(milliseconds / 60_000).toFixed(1)} min`
}
