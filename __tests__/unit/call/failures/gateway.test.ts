import { testFailures } from '../../rows.ts'
import type { FailureRow } from '../../rows.ts'
import { failed } from './failed-calls.ts'

const ROWS: [string, RegExp, RegExp?][] = [
  [
    'Jwt issuer is not configured',
    /Add x-google-issuer: \S+ to the gateway's OpenAPI document/,
    /authorizationUrl.*flow: implicit.*x-google-audiences: https:\/\/shop-/
  ],
  [
    'Audiences in Jwt are not allowed',
    /Set audience to a value of x-google-audiences in the gateway's OpenAPI document, or add https:\/\/shop-/
  ],
  ['Jwt is missing', /Take x-google-jwt-locations out of the gateway's OpenAPI document/, /^(?!.*token_header)/],
  ['Jwt is expired', /Set the clock of the machine on which the gateway runs/],
  ['Jwt verification fails', /Set x-google-jwks_uri in the gateway's OpenAPI document to https/],
  ['PERMISSION_DENIED: API key missing', /Send an API key in headers/]
]

testFailures([
  ...ROWS.map(([words, annotation, anywhere = /^/]): FailureRow => [
    `"${words}"`,
    failed('gateway', 401, words),
    'GATEWAY_REJECTED',
    new RegExp(`refused the token for audience https://shop\\S+: 401 ${words}\\. ${annotation.source}`),
    anywhere
  ]),
  [
    'a gateway that looks for the token elsewhere',
    failed('gateway', 401, 'Jwt is missing', { tokenHeader: 'X-Serverless-Authorization' }),
    'GATEWAY_REJECTED',
    /Set token_header to Authorization instead of X-Serverless-Authorization/
  ],
  ['a gateway without words', failed('gateway', 403, ''), 'GATEWAY_REJECTED', /: 403\. /]
])
