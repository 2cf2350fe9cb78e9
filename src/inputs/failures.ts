import { Failure, type Explanation, type Snippet } from '../failure/failure.ts'
import { safeText, safeUrl } from '../guard/safe-text.ts'
import { inStep, inTerminal, inYaml, LIST_SERVICES } from '../failure/snippets.ts'
import { isFunctionUrl, placeOfFunction } from './service-url.ts'
import type { Withheld } from '../world/failures/restricted-run.ts'

/**
 * One input is wrong, found before any request is made.
 *
 * @param remedy what to write instead, as a sentence
 * @param example the same as lines of YAML, where it is not to leave the input out
 * @param commands that tell the right value
 */
export function inputInvalid(
  input: string,
  problem: string,
  remedy: string,
  example: readonly string[] = [],
  commands: readonly string[] = []
): Failure {
  return new Failure({
    code: 'INPUT_INVALID',
    sentence: `Input ${input}: ${problem}.`,
    remedy,
    snippets: [
      commands.length > 0 && inTerminal('learn the right value', ...commands),
      example.length > 0 && inStep(...example)
    ]
  })
}

/** Identity-Aware Proxy knows a service account by its e-mail alone. @param account its unique id */
export function emailRequired(account: string): Failure {
  return inputInvalid(
    'service_account',
    `${account} is a unique id, and a JWT for Identity-Aware Proxy (token: iap_jwt) needs the e-mail of the account`,
    'Set service_account to the e-mail.',
    ['service_account: NAME@PROJECT.iam.gserviceaccount.com'],
    [`gcloud iam service-accounts describe ${account} --format="value(email)"`]
  )
}

/** Part of a sentence about an input that is empty, and that an expression was to fill. */
export const WHY_EMPTY = 'an expression may have given nothing, because GitHub drops outputs that contain a secret'

/** The same complaint, where it is known why an expression gave nothing. */
function withReason({ text }: Failure, { because, remedy, snippets }: Withheld): Failure {
  return text.sentence.includes(WHY_EMPTY)
    ? new Failure({ ...text, sentence: text.sentence.replace(WHY_EMPTY, () => because), remedy, snippets })
    : new Failure(text)
}

/** Everything that is wrong with the inputs: the first complaint with the number of the others, and below it all of them. */
export function inputsInvalid(found: readonly Failure[], withheld?: Withheld): Failure {
  const complaints = withheld === undefined ? found : found.map((complaint) => withReason(complaint, withheld))
  // The same value may be read for two purposes.
  const texts = [...new Map(complaints.map(({ text }) => [text.sentence, text])).values()]
  const [first, ...others] = texts
  if (first === undefined) throw new Error('no complaint')
  if (others.length === 0) return new Failure(first)
  const count =
    others.length === 1 ? '1 other complaint about the inputs' : `${others.length} other complaints about the inputs`
  const named = new Set(others.map(({ sentence }) => /^Input (\w+):/.exec(sentence)?.[1] ?? 'audience'))
  return new Failure({
    ...first,
    code: 'INPUT_INVALID',
    sentence: `${first.sentence.replace(/\.$/, '')} (${count}: ${[...named].join(', ')}).`,
    snippets: texts.flatMap(({ snippets = [] }) => snippets),
    details: texts.map(({ sentence, remedy }) => `${sentence} ${remedy}`)
  })
}

/** The host is not one of those whose audience follows from the URL. */
export function audienceRequired(url: URL): Failure {
  return new Failure({
    code: 'AUDIENCE_REQUIRED',
    ...(isFunctionUrl(url) ? explainFunction(url) : explainDomain(url))
  })
}

/** https://cloud.google.com/functions/docs/calling/http: `https://REGION-PROJECT.cloudfunctions.net/FUNCTION` */
function explainFunction(url: URL): Explanation {
  const { region, project } = placeOfFunction(url)
  return {
    sentence: `url ${safeUrl(url)} lacks the name of the function, without which no audience can be derived.`,
    remedy: `Set url to ${safeText(url.origin)}/FUNCTION, with the name of the function.`,
    snippets: [
      inTerminal('see the names', `gcloud functions list --project=${project} --regions=${region}`),
      inStep(`url: ${safeText(url.origin)}/FUNCTION`)
    ]
  }
}

function explainDomain(url: URL): Explanation {
  const host = safeText(url.host)
  const where = (place: string, audience: string): Snippet =>
    inYaml(`In this step, under "with", where ${place}`, `audience: ${audience}`)
  return {
    sentence: `No audience can be derived from ${safeUrl(url)}: only the URLs of *.run.app and *.cloudfunctions.net name their audience.`,
    remedy: `Set audience. For Cloud Run behind ${host}: the *.run.app URL of the service. For Identity-Aware Proxy: an OAuth client id of IAP, or set token to iap_jwt. For API Gateway: a value of x-google-audiences.`,
    snippets: [
      where(
        'Cloud Run is behind the domain: the URL of the service itself, or one of its custom audiences',
        'https://SERVICE-PROJECT_NUMBER.REGION.run.app'
      ),
      inTerminal('see the URL of each service', LIST_SERVICES),
      where('Identity-Aware Proxy is behind the domain: its OAuth client id', 'NUMBER-NAME.apps.googleusercontent.com'),
      where(
        'API Gateway or Endpoints is behind the domain: a value of x-google-audiences in its OpenAPI document, or its URL',
        safeText(url.origin)
      )
    ]
  }
}
