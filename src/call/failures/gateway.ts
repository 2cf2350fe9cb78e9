import type { Response } from '../response.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation, Snippet } from '../../failure/failure.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { quote } from './failed-call.ts'
import type { FailedCall } from './failed-call.ts'
import { inStep, inTerminal, onRunner } from '../../failure/snippets.ts'

/** API Gateway, Endpoints or Envoy refused: told apart by its words. https://cloud.google.com/endpoints/docs/openapi/troubleshoot-jwt */
export function gatewayRejected({ call, token }: FailedCall, response: Response): Failure {
  const audience = safeText(token.audience)
  return new Failure({
    code: 'GATEWAY_REJECTED',
    sentence: `The API gateway at ${safeUrl(call.url)} refused the token for audience ${audience} (${response.status}).`,
    ...explain(response.text, audience, call.headers.tokenHeader),
    answer: quote(response)
  })
}

function explain(text: string, audience: string, tokenHeader: string): Explanation {
  const definition = defineSecurity(audience)
  if (/Audiences in Jwt/i.test(text)) {
    return {
      cause: `${audience} is not among the gateway's x-google-audiences.`,
      remedy: `Set audience to a value of x-google-audiences, or add ${audience} there and deploy the gateway again.`,
      snippets: [definition, ...DEPLOY]
    }
  }
  if (/issuer/i.test(text)) {
    return {
      cause: "The gateway's OpenAPI document does not name Google as an issuer.",
      remedy: 'Add x-google-issuer: https://accounts.google.com to it, and deploy the gateway again.',
      snippets: [definition, ...DEPLOY]
    }
  }
  if (/Jwt is missing/i.test(text) && tokenHeader === 'Authorization') {
    return {
      cause:
        'The gateway saw no token, though it travelled in Authorization: something before it took the header out, or its document names another place (x-google-jwt-locations).',
      remedy: 'Look for x-google-jwt-locations in the OpenAPI document, and take it out or let it name Authorization.',
      snippets: [
        {
          place: "In the gateway's OpenAPI document",
          lines: ['x-google-jwt-locations:', '  - header: Authorization', '    value_prefix: "Bearer "']
        },
        ...DEPLOY
      ]
    }
  }
  if (/Jwt is missing/i.test(text)) {
    return {
      cause: `The gateway looks for the token in Authorization; it travelled in ${safeText(tokenHeader)}.`,
      remedy: 'Set token_header to Authorization, and leave that header out of headers.',
      snippets: [inStep('token_header: Authorization')]
    }
  }
  if (/Jwt is expired|not yet valid/i.test(text)) {
    return {
      cause: "The gateway's clock differs from Google's, or headers carry an old token.",
      remedy: 'Set the clock of the machine on which the gateway runs, and leave other tokens out of headers.',
      snippets: [onRunner('date --utc   # and the same where the gateway runs')]
    }
  }
  if (/verif|jwks|signature/i.test(text)) {
    return {
      cause: "The keys at the gateway's x-google-jwks_uri are not those with which Google signs ID tokens.",
      remedy: 'Set x-google-jwks_uri to https://www.googleapis.com/oauth2/v3/certs, and deploy the gateway again.',
      snippets: [definition, ...DEPLOY]
    }
  }
  return {
    cause: 'The gateway wants more than this token, such as an API key, or another security definition.',
    remedy: 'Send an API key in headers if it wants one, or let its OpenAPI document take Google ID tokens.',
    snippets: [inStep('headers: |', '  X-Api-Key: ${{ secrets.API_KEY }}'), definition, ...DEPLOY]
  }
}

/** https://cloud.google.com/api-gateway/docs/deploying-api */
const DEPLOY: readonly Snippet[] = [
  inTerminal(
    'gcloud api-gateway gateways list   # shows GATEWAY, LOCATION and API',
    'gcloud api-gateway api-configs create NEW_CONFIG --api=API --openapi-spec=openapi.yaml',
    'gcloud api-gateway gateways update GATEWAY --location=LOCATION --api=API --api-config=NEW_CONFIG'
  )
]

/** OpenAPI 2 wants every one of these members: https://cloud.google.com/api-gateway/docs/authenticating-users-googleid */
function defineSecurity(audience: string): Snippet {
  return {
    place: "In the gateway's OpenAPI document",
    lines: [
      'securityDefinitions:',
      '  google_id_token:',
      '    authorizationUrl: ""',
      '    flow: implicit',
      '    type: oauth2',
      '    x-google-issuer: https://accounts.google.com',
      '    x-google-jwks_uri: https://www.googleapis.com/oauth2/v3/certs',
      `    x-google-audiences: ${/^[\w:/.-]+$/.test(audience) ? audience : JSON.stringify(audience)}`,
      'security:',
      '  - google_id_token: []'
    ]
  }
}
