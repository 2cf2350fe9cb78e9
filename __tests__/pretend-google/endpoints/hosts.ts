import { GOOGLE_ISSUER } from '../tokens/id-tokens.ts'
import type { Handler } from '../transport/requests.ts'
import { GITHUB_ISSUER, GITHUB_OIDC_HOST } from './github-oidc.ts'
import { createJwks } from './jwks.ts'

/** The services that have hosts in every universe, and GitHub's. */
interface Endpoints {
  readonly github: Handler
  readonly sts: Handler
  readonly iamcredentials: Handler
  readonly oauth2: Handler
  readonly run: Handler
}

/** @returns who answers at a host, if it is one of Google's APIs or GitHub's */
export function createHostTable(endpoints: Endpoints, universe: string): (host: string) => Handler | undefined {
  const jwks = createJwks(GOOGLE_ISSUER, '/oauth2/v3/certs')
  const fixed = new Map<string, Handler>([
    [GITHUB_OIDC_HOST, endpoints.github],
    [new URL(GITHUB_ISSUER).host, createJwks(GITHUB_ISSUER, '/.well-known/jwks')],
    ['accounts.google.com', endpoints.oauth2],
    ['www.googleapis.com', (call) => (call.path === '/oauth2/v3/certs' ? jwks : endpoints.oauth2)(call)]
  ])
  // With mutual TLS, regional (https://cloud.google.com/sts/docs/reference/rest) and through Private Service Connect.
  const label = '[a-z0-9-]+'
  const ofThisUniverse = new RegExp(
    `^(?:${label}[.-])?(sts|iamcredentials|oauth2|run)(?:\\.${label}(?:\\.rep)?|-${label}\\.p)?\\.${universe.replaceAll('.', '\\.')}$`
  )
  return (host) => {
    const name = ofThisUniverse.exec(host)?.[1]
    return name === undefined ? fixed.get(host) : endpoints[name as keyof Endpoints]
  }
}
