import type { Response } from '../response.ts'
import { Failure, type Advice, type Snippet } from '../../failure/failure.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import { quote, type FailedCall } from './failed-call.ts'
import { inStep, inTerminal, inYaml, onRunner } from '../../failure/snippets.ts'

/** API Gateway, Endpoints or Envoy refused: told apart by its words. https://cloud.google.com/endpoints/docs/openapi/troubleshoot-jwt */
export function gatewayRejected({ call, token }: FailedCall, response: Response): Failure {
  const audience = safeText(token.audience)
  const answer = quote(response)
  return new Failure({
    code: 'GATEWAY_REJECTED',
    sentence: `The API gateway at ${safeUrl(call.url)} refused the token for audience ${audience}: ${answer.replace(/\.+$/, '')}.`,
    ...explain(response.text, audience, call.headers.tokenHeader),
    answer
  })
}

function explain(text: string, audience: string, tokenHeader: string): Advice {
  const deploy = [defineSecurity(audience), DEPLOY]
  if (/Audiences in Jwt/i.test(text)) {
    return {
      cause: `${audience} is not among the gateway's x-google-audiences.`,
      remedy: `Set audience to a value of x-google-audiences in the gateway's OpenAPI document, or add ${audience} there and deploy the gateway again.`,
      snippets: deploy
    }
  }
  if (/issuer/i.test(text)) {
    return {
      cause: "The gateway's OpenAPI document does not name Google as an issuer.",
      remedy:
        "Add x-google-issuer: https://accounts.google.com to the gateway's OpenAPI document, and deploy the gateway again.",
      snippets: deploy
    }
  }
  if (/Jwt is missing/i.test(text) && tokenHeader === 'Authorization') {
    return {
      cause:
        'The gateway saw no token, though it travelled in Authorization: something before the gateway took the header out, or its document names another place (x-google-jwt-locations).',
      remedy:
        "Take x-google-jwt-locations out of the gateway's OpenAPI document, or let x-google-jwt-locations name Authorization.",
      snippets: [
        inDocument('x-google-jwt-locations:', '  - header: Authorization', '    value_prefix: "Bearer "'),
        DEPLOY
      ]
    }
  }
  if (/Jwt is missing/i.test(text)) {
    return {
      cause: `The gateway looks for the token in Authorization; it travelled in ${safeText(tokenHeader)}.`,
      remedy: `Set token_header to Authorization instead of ${safeText(tokenHeader)}, and leave Authorization out of headers.`,
      snippets: [inStep('token_header: Authorization')]
    }
  }
  if (/Jwt is expired|not yet valid/i.test(text)) {
    return {
      cause: "The gateway's clock differs from Google's, or headers carry an old token.",
      remedy: 'Set the clock of the machine on which the gateway runs, and leave other tokens out of headers.',
      snippets: [onRunner('compare the clock with that of the gateway', 'date -u')]
    }
  }
  if (/verif|jwks|signature/i.test(text)) {
    return {
      cause: "The keys at the gateway's x-google-jwks_uri are not those with which Google signs ID tokens.",
      remedy:
        "Set x-google-jwks_uri in the gateway's OpenAPI document to https://www.googleapis.com/oauth2/v3/certs, and deploy the gateway again.",
      snippets: deploy
    }
  }
  return {
    cause: 'The gateway wants more than this token, such as an API key, or another security definition.',
    remedy:
      "Send an API key in headers if the gateway wants one, or let the gateway's OpenAPI document take Google ID tokens.",
    snippets: [inStep('headers: |', '  X-Api-Key: ${{ secrets.API_KEY }}'), ...deploy]
  }
}

/** https://cloud.google.com/api-gateway/docs/deploying-api */
const DEPLOY = inTerminal(
  'deploy the gateway again; the first command shows GATEWAY, LOCATION and API',
  'gcloud api-gateway gateways list --project=PROJECT',
  'gcloud api-gateway api-configs create NEW_CONFIG --api=API --openapi-spec=openapi.yaml --project=PROJECT',
  'gcloud api-gateway gateways update GATEWAY --location=LOCATION --api=API --api-config=NEW_CONFIG --project=PROJECT'
)

/** OpenAPI 2 wants every one of these members: https://cloud.google.com/api-gateway/docs/authenticating-users-googleid */
function defineSecurity(audience: string): Snippet {
  return inDocument(
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
  )
}

function inDocument(...lines: readonly string[]): Snippet {
  return inYaml("In the gateway's OpenAPI document", ...lines)
}
