import { Failure } from '../failure/failure.ts'
import { safeText, safeUrl } from '../guard/safe-text.ts'
import { inStep, inTerminal } from '../failure/snippets.ts'

/**
 * Found before any request is made.
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
    cause: `The workflow sets ${input} so under "with", or an expression there (\${{ … }}) gave another text than was meant.`,
    remedy,
    snippets: [inTerminal(...commands), inStep(...example)].filter(({ lines }) => lines.length > 0)
  })
}

/** The value of an input, as messages show it. */
export function quoteValue(value: string): string {
  return `"${safeText(value, 120)}"`
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
