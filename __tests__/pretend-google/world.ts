import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createAwsIdentities } from './endpoints/aws.ts'
import type { AwsIdentities } from './endpoints/aws.ts'
import { createCloudRunAdmin } from './endpoints/cloud-run-admin.ts'
import { createGithubOidc } from './endpoints/github-oidc.ts'
import type { GithubOidc } from './endpoints/github-oidc.ts'
import { createHostTable } from './endpoints/hosts.ts'
import { createIamCredentials } from './endpoints/iam-credentials.ts'
import { createMetadataServer } from './endpoints/metadata-server.ts'
import type { MetadataServer } from './endpoints/metadata-server.ts'
import { createOAuthToken } from './endpoints/oauth-token.ts'
import { createProviders } from './endpoints/providers.ts'
import type { Providers } from './endpoints/providers.ts'
import { createSts } from './endpoints/sts.ts'
import type { Sts } from './endpoints/sts.ts'
import { createAppHandler } from './services/app.ts'
import type { App } from './services/app.ts'
import { createServices } from './services/services.ts'
import type { Services } from './services/services.ts'
import { createAccessTokens } from './tokens/access-tokens.ts'
import { createAccounts } from './tokens/accounts.ts'
import type { Accounts } from './tokens/accounts.ts'
import { createClock } from './tokens/clock.ts'
import type { Clock } from './tokens/clock.ts'
import { createIdTokens } from './tokens/id-tokens.ts'
import type { IdTokens } from './tokens/id-tokens.ts'
import { createPolicy } from './tokens/iam-policy.ts'
import type { Policy } from './tokens/iam-policy.ts'
import { createSecretBook } from './tokens/secrets.ts'
import type { Secret, SecretBook } from './tokens/secrets.ts'
import { findSignedJwts } from './tokens/signed-jwts.ts'
import { createCertificateAuthority } from './transport/certificates.ts'
import type { Certificate } from './transport/certificates.ts'
import { createFaults } from './transport/faults.ts'
import type { Faults } from './transport/faults.ts'
import { openNetwork } from './transport/network.ts'
import type { RecordedRequest, RequestEntry } from './transport/requests.ts'

export interface PretendGoogle
  extends
    AsyncDisposable,
    Pick<Providers, 'addPool' | 'addWorkforcePool'>,
    Pick<Sts, 'addWorkforceUser' | 'addClient'>,
    Pick<Accounts, 'addServiceAccount' | 'addServiceAccountKey' | 'deleteKey' | 'disableServiceAccount' | 'addUser'>,
    Pick<Policy, 'grant'>,
    Pick<Services, 'addService'>,
    Pick<Faults, 'fail'> {
  /** The variables through which a process reaches this world and nothing else. */
  env: () => Record<string, string>
  /** The variables that a job with `id-token: write` has on top. */
  githubOidcEnv: GithubOidc['allowTokens']
  /** Every request that arrived, in order. */
  readonly requests: readonly RecordedRequest[]
  /** Every secret that this world issued or was given. */
  secrets: () => readonly Secret[]
  /** Notes one that a scenario made itself. @returns the value */
  noteSecret: SecretBook['note']
  /** The clock of everybody but the runner. */
  readonly clock: Clock
  readonly metadataServer: Pick<MetadataServer, 'enable'>
  addAwsIdentity: AwsIdentities['add']
  /** A certificate that the authority of `trustAnchor` signed. */
  addClientCertificate: (commonName: string) => Certificate
  /** For providers whose source is X.509, in PEM. */
  readonly trustAnchor: string
  /** Switches an API off in a project: `disableApi('iamcredentials.googleapis.com', '123456789012')`. */
  disableApi: (api: string, projectNumber: string) => void
  /** Any token that Google could sign, right or wrong. */
  issueIdToken: IdTokens['issue']
  /** A token of any other issuer, for external accounts. */
  issueOidcToken: IdTokens['issueFor']
  /** An application on a loopback port of its own, with plain http and no front end. */
  addLoopbackApp: (app: App) => Promise<string>
  /** Ends the world. @throws what applications and endpoints threw, because no answer tells a scenario of that */
  close: () => Promise<void>
}

export interface WorldOptions {
  readonly universe?: string
  /** Simulated duration of one round trip, for measurements. */
  readonly roundTripMs?: number
}

/** What requests to the metadata server, and its faults, are known by. */
const METADATA_HOST = 'metadata.google.internal'

/** All worlds of one process share them, and the certificates that they have made for hosts. */
const authority = createCertificateAuthority('Pretend Google')
const clientAuthority = createCertificateAuthority('Clients of Pretend Google')

/** Starts a Google of its own, with GitHub's OIDC service, on loopback ports. */
export async function startPretendGoogle(options: WorldOptions = {}): Promise<PretendGoogle> {
  const { universe = 'googleapis.com', roundTripMs = 0 } = options
  const clock = createClock()
  const secretBook = createSecretBook()
  const policy = createPolicy()
  const faults = createFaults()
  const providers = createProviders()
  const accounts = createAccounts(secretBook, universe)
  const accessTokens = createAccessTokens(clock, secretBook)
  const idTokens = createIdTokens(clock, secretBook)
  const aws = createAwsIdentities(clock, secretBook)
  const disabledApis = new Set<string>()
  const state = {
    accessTokens,
    accounts,
    idTokens,
    policy,
    clock,
    secrets: secretBook,
    providers,
    aws,
    universe,
    disabledApis
  }
  const github = createGithubOidc(idTokens, secretBook)
  const sts = createSts(state)
  const services = createServices(state)
  const metadataServer = createMetadataServer(state)

  const findEndpoint = createHostTable(
    {
      github: github.handler,
      sts: sts.handler,
      iamcredentials: createIamCredentials(state),
      oauth2: createOAuthToken(state),
      run: createCloudRunAdmin({ ...state, services })
    },
    universe
  )
  const requests: RequestEntry[] = []
  const network = await openNetwork({
    ...{ authority, faults, requests, roundTripMs },
    findHandler: (host) => findEndpoint(host) ?? services.findHandler(host),
    now: clock.now
  })
  const metadataUrl = await network.serve(metadataServer.handler, METADATA_HOST)
  const directory = await mkdtemp(path.join(tmpdir(), 'pretend-google-'))
  const certificateFile = path.join(directory, 'ca.pem')
  await writeFile(certificateFile, authority.cert)

  async function close(): Promise<void> {
    await rm(directory, { recursive: true, force: true })
    await network.close()
  }

  return {
    ...providers,
    ...accounts,
    addWorkforceUser: sts.addWorkforceUser,
    addClient: sts.addClient,
    grant: policy.grant,
    addService: services.addService,
    fail: faults.fail,
    env: () => ({
      HTTPS_PROXY: network.proxyUrl,
      NODE_EXTRA_CA_CERTS: certificateFile,
      ...(metadataServer.enabled()
        ? { GCE_METADATA_HOST: new URL(metadataUrl).host }
        : { METADATA_SERVER_DETECTION: 'none' })
    }),
    githubOidcEnv: github.allowTokens,
    requests,
    noteSecret: secretBook.note,
    secrets: () => [...secretBook.all, ...findSignedJwts(requests, accounts), ...findAwsSignatures(requests)],
    clock,
    metadataServer: {
      enable(settings) {
        metadataServer.enable(settings)
        if (settings?.listensAfterMs !== undefined) network.refuse(metadataUrl, settings.listensAfterMs)
      }
    },
    addAwsIdentity: aws.add,
    addClientCertificate(commonName) {
      const certificate = clientAuthority.issueClientCertificate(commonName)
      secretBook.notePem(certificate.key)
      return certificate
    },
    trustAnchor: clientAuthority.cert,
    disableApi(api, projectNumber) {
      disabledApis.add(`${api} ${projectNumber}`)
    },
    issueIdToken: idTokens.issue,
    issueOidcToken: idTokens.issueFor,
    addLoopbackApp: (app) => network.serve(createAppHandler(app)),
    close,
    [Symbol.asyncDispose]: close
  }
}

/** Signatures of requests to AWS within subject tokens, where STS was made to fail instead of reading them. */
function findAwsSignatures(requests: readonly RecordedRequest[]): Secret[] {
  const found = requests.flatMap(({ body }) => [...body.matchAll(/Signature%253D([0-9a-f]{64})/g)])
  return found.map(([, value = '']) => ({ kind: 'AWS signature', value }))
}
