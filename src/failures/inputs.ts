import { Failure } from '../failure.ts'
import { safeText, safeUrl } from '../safe-text.ts'

/** Found before any request is made. @param cause where more is known than that the value is not what the input takes */
export function inputInvalid(input: string, problem: string, remedy: string, cause?: string): Failure {
  return new Failure({
    code: 'INPUT_INVALID',
    sentence: `Input ${input}: ${problem}.`,
    cause: cause ?? 'The workflow says so under "with", or an expression there gave another text than was meant.',
    remedy
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
    remedy: 'Set the input audience to what the service expects.',
    commands: [
      'Cloud Run behind a custom domain or a load balancer: the URL of the service itself, or a custom audience',
      '  audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app',
      'Identity-Aware Proxy: its OAuth client id',
      '  audience: NUMBER-NAME.apps.googleusercontent.com',
      'API Gateway or Endpoints: a value of x-google-audiences in its OpenAPI document, or its own URL',
      '  audience: https://GATEWAY_HOST'
    ]
  })
}
