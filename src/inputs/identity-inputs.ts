import { quoteValue } from '../guard/safe-text.ts'
import { DEFAULT_UNIVERSE } from '../token/google-hosts.ts'
import type { TokenKind } from '../token/id-token.ts'
import { readAll, readEach } from './complaints.ts'
import { emailRequired, inputInvalid } from './failures.ts'
import { optional, read } from './raw-inputs.ts'
import { parseAccount, parseList, parseProvider, parseUniverse } from './values.ts'

/** Whose tokens are wanted, and of which kind, as the workflow's author wrote it. */
export interface IdentityInputs {
  readonly token: TokenKind
  /** `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER` */
  readonly workloadIdentityProvider: string | undefined
  /** E-mail or unique id. */
  readonly serviceAccount: string | undefined
  /** E-mails, from the caller towards the service account. */
  readonly delegates: readonly string[]
  readonly credentialsJson: string | undefined
  readonly universe: string
}

/** @throws {Failure | AggregateError} INPUT_INVALID */
export async function readIdentityInputs(): Promise<IdentityInputs> {
  const { token, workloadIdentityProvider, serviceAccount, delegates, universe } = await readAll({
    token: readTokenKind,
    workloadIdentityProvider: () => {
      const name = optional('workload_identity_provider')
      return name === undefined ? undefined : parseProvider(name)
    },
    oneIdentity: checkOneIdentity,
    serviceAccount: () => {
      const name = optional('service_account')
      const account = name === undefined ? undefined : parseAccount('service_account', name)
      if (account !== undefined && !account.includes('@') && read('token') === 'iap_jwt') throw emailRequired(account)
      return account
    },
    delegates: () => readEach(parseList(read('delegates')), (name) => parseAccount('delegates', name)),
    endOfChain: checkEndOfChain,
    universe: () => parseUniverse(read('universe', DEFAULT_UNIVERSE))
  })
  const credentialsJson = optional('credentials_json')
  return { token, workloadIdentityProvider, serviceAccount, delegates, universe, credentialsJson }
}

/** @throws {Failure} INPUT_INVALID */
function readTokenKind(): TokenKind {
  const value = read('token', 'id_token')
  if (value === 'id_token' || value === 'iap_jwt') return value
  throw inputInvalid('token', `${quoteValue(value)} is no kind of token`, 'Use id_token or iap_jwt.', [
    'token: iap_jwt'
  ])
}

function checkOneIdentity(): void {
  if (read('workload_identity_provider') === '' || read('credentials_json') === '') return
  throw inputInvalid(
    'workload_identity_provider',
    'set together with credentials_json, and a step has one identity',
    'Set one of the two.'
  )
}

function checkEndOfChain(): void {
  if (read('delegates') === '' || read('service_account') !== '') return
  throw inputInvalid(
    'delegates',
    'service_account is empty, and a delegation chain needs an account at its end',
    'Set service_account, or leave delegates empty.',
    ['service_account: NAME@PROJECT.iam.gserviceaccount.com']
  )
}
