import { Failure } from '../failure/failure.ts'
import { safeText, safeUrl } from '../guard/safe-text.ts'
import { inStep, inTerminal } from '../failure/snippets.ts'

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
    snippets: [inTerminal(...commands), inStep(...example)].filter(({ lines }) => lines.length > 0)
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

/** Everything that is wrong with the inputs: the first complaint with the number of the others, and below it all of them. */
export function inputsInvalid(complaints: readonly Failure[]): Failure {
  // The same value may be read for two purposes.
  const texts = [...new Map(complaints.map(({ text }) => [text.sentence, text])).values()]
  const [first, ...others] = texts
  if (first === undefined) throw new Error('no complaint')
  if (others.length === 0) return new Failure(first)
  const count =
    others.length === 1
      ? '1 other complaint about the inputs is'
      : `${others.length} other complaints about the inputs are`
  return new Failure({
    ...first,
    code: 'INPUT_INVALID',
    sentence: `${first.sentence.replace(/\.$/, '')} (${count} in the log).`,
    snippets: texts.flatMap(({ snippets = [] }) => snippets),
    details: texts.map(({ sentence, remedy }) => `${sentence} ${remedy}`)
  })
}

/** The host is not one of those whose audience follows from the URL. */
export function audienceRequired(url: URL): Failure {
  return new Failure({
    code: 'AUDIENCE_REQUIRED',
    sentence: `No audience can be derived from ${safeUrl(url)}.`,
    cause: url.hostname.endsWith('.cloudfunctions.net')
      ? "A function's URL needs the name of the function as its first segment."
      : 'Only *.run.app and *.cloudfunctions.net URLs say by themselves which audience the service expects.',
    remedy:
      "Set the input audience to the service's own *.run.app URL, or to IAP's OAuth client id, or to the gateway's audience.",
    snippets: [
      ...(url.hostname.endsWith('.cloudfunctions.net') ? [inStep(`url: ${safeText(url.origin)}/FUNCTION`)] : []),
      inStep(
        '# Cloud Run behind a custom domain or a load balancer: the URL of the service itself, or a custom audience',
        'audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app'
      ),
      inTerminal('gcloud run services list   # shows the URL of each Cloud Run service'),
      inStep(
        '# or, with Identity-Aware Proxy: its OAuth client id',
        'audience: NUMBER-NAME.apps.googleusercontent.com'
      ),
      inStep(
        '# or, with API Gateway or Endpoints: a value of x-google-audiences in its OpenAPI document, or its own URL',
        `audience: ${safeText(url.origin)}`
      )
    ]
  })
}
