import type { Attempt } from '../attempts.ts'
import type { Response } from '../response.ts'
import type { IdToken } from '../../token/id-token.ts'
import type { CallInputs } from '../../inputs/call-inputs.ts'
import { objectIn, parseObject, stringIn } from '../../guard/json.ts'
import { safeText, textOfPage } from '../../guard/safe-text.ts'

/** Everything that is known about a call that failed. */
export interface FailedCall {
  readonly call: Pick<CallInputs, 'url' | 'tag' | 'method' | 'iamWaitMs' | 'headers'>
  readonly token: Pick<IdToken, 'audience' | 'email' | 'kind'>
  /** The attempt that decides. */
  readonly attempt: Attempt
  readonly attempts: number
  /** IAP's OAuth client id, where it is known. */
  readonly clientId: string | undefined
  /** Whether the service answers at its root without a tag; undefined where that was not seen. */
  readonly exists: boolean | undefined
}

/** The answer in its own words, after its status. */
export function quote(response: Pick<Response, 'status' | 'text'>): string {
  return `${response.status} ${wordsOf(response, 200)}`.trim()
}

/** The beginning of what an answer says, as a part of a sentence; nothing where it says nothing. */
export function saying(response: Pick<Response, 'text'>): string {
  const words = wordsOf(response, 120)
  return words === '' ? '' : ` ("${words}")`
}

/** Of a page of HTML its text, of JSON its message where it has one. */
function wordsOf({ text: body }: Pick<Response, 'text'>, maxLength: number): string {
  const json = parseObject(body)
  const text =
    stringIn(objectIn(json, 'error'), 'message') ??
    ['message', 'error_description', 'error', 'detail', 'title'].map((name) => stringIn(json, name)).find(Boolean) ??
    body
  return safeText(textOfPage(text), maxLength)
}
