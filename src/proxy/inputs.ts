import { quoteValue } from '../guard/safe-text.ts'
import { addTag, findIapToken } from '../inputs/call-inputs.ts'
import type { CallInputs, Target } from '../inputs/call-inputs.ts'
import { complaintsIn, readAll } from '../inputs/complaints.ts'
import { compileExpectations } from '../inputs/expectations.ts'
import { inputInvalid, inputsInvalid, WHY_EMPTY } from '../inputs/failures.ts'
import { readAudiences } from '../inputs/audience.ts'
import { SHARED_READERS } from '../inputs/inputs.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { optional, read } from '../inputs/raw-inputs.ts'
import { parseHeaders } from '../inputs/request-headers.ts'
import { isCloudRunUrl } from '../inputs/service-url.ts'
import { parseBoolean, parseDuration, parseUrl, parseVariableName } from '../inputs/values.ts'
import { explainWithheld } from '../world/failures/restricted-run.ts'
import { findRestriction } from '../world/restricted-run.ts'
import type { Step } from '../world/step.ts'
import type { TokenPlace } from './request-headers.ts'

/** What the workflow's author asked for. `call` is the check, where one is wanted; `exportEnv` is never set: it is for tokens. */
export interface ProxyInputs extends Inputs {
  /** The service, with the tag if there is one. */
  readonly url: URL
  readonly tag: string | undefined
  readonly tokenPlace: TokenPlace
  /** 0 for a free one. */
  readonly port: number
  /** The variable in which later steps find the proxy's URL. */
  readonly exportUrl: string | undefined
  readonly failOnRefusal: boolean
}

/**
 * Reads every input of the proxy, and says everything that is wrong with them at once, before any request is made.
 *
 * @param env of the runner, which tells what started the run
 * @throws {Failure} INPUT_INVALID, or AUDIENCE_REQUIRED where nothing else is wrong
 */
export async function readProxyInputs(env: Step['env']): Promise<ProxyInputs> {
  try {
    const { identity, service, audience, header, check, iamWaitMs, ...rest } = await readAll({
      ...SHARED_READERS,
      service: readService,
      audience: readAudience,
      header: readTokenHeader,
      port: () => parsePort(optional('port') ?? '0'),
      exportUrl: () => parseVariableName(optional('export_env')),
      check: readCheck,
      iamWaitMs: () => parseDuration('iam_wait', read('iam_wait', '60s'), 0),
      failOnRefusal: () => parseBoolean('fail_on_refusal', optional('fail_on_refusal') ?? 'true')
    })
    const tokenPlace = placeFor(header, service.url, audience.audiences[0])
    const call = check === undefined ? undefined : await describeCheck(service, check, tokenPlace, iamWaitMs)
    return { ...identity, ...service, ...audience, ...rest, tokenPlace, call, exportEnv: undefined }
  } catch (error) {
    const complaints = complaintsIn(error)
    throw inputsInvalid(complaints, explainWithheld(env, await findRestriction(env)))
  }
}

function readService(): Target {
  const value = optional('url')
  if (value === undefined) {
    throw inputInvalid('url', `url is empty; ${WHY_EMPTY}`, 'Set url to the service that the proxy is for.', [
      'url: https://SERVICE-PROJECT_NUMBER.REGION.run.app'
    ])
  }
  const url = parseUrl(value)
  if (url.search !== '' || value.includes('#')) {
    throw inputInvalid('url', 'it has a query or a fragment, which belong to each request', 'Leave it out.')
  }
  return addTag(url)
}

function readAudience(): Pick<Inputs, 'audiences' | 'audienceDerived'> {
  // That url is missing is a complaint of its own.
  if (optional('url') === undefined && optional('audience') === undefined)
    return { audiences: [''], audienceDerived: true }
  const { audiences, audienceDerived } = readAudiences()
  if (audiences.length === 1) return { audiences, audienceDerived }
  throw inputInvalid('audience', 'there is more than one, and the proxy is for one service', 'Set one.')
}

function readTokenHeader(): TokenPlace | undefined {
  const named = read('token_header')
  return named === ''
    ? undefined
    : { header: parseHeaders('', named, findIapToken(undefined)).tokenHeader, explicit: true }
}

/** Google's own header where there is one, so that a client may have `Authorization` for itself. */
function placeFor(named: TokenPlace | undefined, url: URL, audience: string): TokenPlace {
  if (named !== undefined) return named
  if (findIapToken(audience) !== undefined) return { header: 'Proxy-Authorization', explicit: false }
  return { header: isCloudRunUrl(url) ? 'X-Serverless-Authorization' : 'Authorization', explicit: false }
}

function readCheck(): string | undefined {
  const check = optional('check')
  if (check === undefined || /^\/[^\s#\\]*$/.test(check)) return check
  throw inputInvalid('check', `${quoteValue(check)} is not a path`, 'Write check as /health.', ['check: /health'])
}

async function describeCheck(
  { url: service, tag }: Target,
  check: string,
  { header }: TokenPlace,
  iamWaitMs: number
): Promise<CallInputs> {
  const url = new URL(service)
  const [path = '', query = ''] = check.split(/(?=\?)/s)
  url.pathname = service.pathname.replace(/\/+$/, '') + path
  url.search = query
  return {
    url,
    tag,
    method: 'GET',
    headers: { own: {}, tokenHeader: header },
    body: undefined,
    expectations: await compileExpectations({ status: '2xx', headers: '', body: '', json: '' }),
    assertPrivate: false,
    iamWaitMs
  }
}

function parsePort(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (port <= 65_535) return port
  throw inputInvalid('port', `${quoteValue(value)} is not a port`, 'Use 0 for a free one, or one from 1024 to 65535.', [
    'port: 8080'
  ])
}
