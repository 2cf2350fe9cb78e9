import { TextDecoder } from 'node:util'
import type { Answer, AnswerHead } from '../world/outcome.ts'
import { judgeExpectations, type Verdict } from './verdicts.ts'
import type { Expectations } from '../inputs/expectations.ts'
import type { Redact } from '../guard/redaction.ts'
import { iapClientId, whoAnswered, type Responder } from './responder.ts'

/** An answer of the service, read and judged; our token is no longer in it. */
export interface Response extends AnswerHead {
  readonly text: string
  readonly responder: Responder
  /** What the GET after a HEAD said, by which the responder is known. */
  readonly words?: string
  /** IAP's OAuth client id, where it says so. */
  readonly clientId: string | undefined
  readonly verdicts: readonly Verdict[]
  /** Whether the answer is all that was expected, and is from the responder from which it was expected. */
  readonly accepted: boolean
}

/**
 * Reads an answer and holds it against what was expected.
 *
 * @param redact takes our tokens out of it
 * @param milliseconds how long all the patterns together may take
 * @param withWords the answer by which to tell who answered
 */
export function readResponse(
  answer: Answer,
  expectations: Expectations,
  redact: Redact,
  milliseconds: number,
  withWords: Answer = answer
): Response {
  const text = readText(answer, redact)
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [redact(name), redact(value)])
  )
  const words = withWords === answer ? text : readText(withWords, redact)
  const responder = whoAnswered(withWords, words)
  const repeated = Object.fromEntries(
    Object.entries(answer.repeated ?? {}).map(([name, values]) => [redact(name), values.map((value) => redact(value))])
  )
  const verdicts = judgeExpectations(expectations, { ...answer, headers, repeated }, text, milliseconds)
  const { status } = answer
  return {
    answered: true,
    status,
    milliseconds: answer.milliseconds,
    headers,
    repeated,
    text,
    responder,
    ...(withWords === answer ? {} : { words }),
    clientId: iapClientId({ headers }),
    verdicts,
    // A refusal of Google's is no answer of the service: only its very code, listed, makes it an expected one.
    accepted: verdicts.every(({ met }) => met) && (responder === 'application' || expectations.status.lists(status))
  }
}

/** The body in the character set that it declares, else in UTF-8; what is not valid in it becomes U+FFFD. */
function readText({ headers, body }: Answer, redact: Redact): string {
  const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8'
  const decoder = findDecoder(charset)
  // If ASCII is labelled as another encoding, such as UTF-16, a token in it is unreadable here, but a reader could decode it.
  const bytes = decoder.encoding === 'utf-8' ? '' : body.toString('latin1')
  return redact(redact(bytes) === bytes ? decoder.decode(body) : body.toString('utf8'))
}

function findDecoder(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset)
  } catch {
    return new TextDecoder()
  }
}
