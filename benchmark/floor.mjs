// What the network and Node alone cost: four exchanges by hand on connections that were opened side by side, without a check,
// a retry, a limit or a line of output. The benchmark holds the action against it.
import http from 'node:http'
import process from 'node:process'
import tls from 'node:tls'

const { HTTPS_PROXY, ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, PROVIDER, ACCOUNT, SERVICE, CALL } =
  process.env
const proxy = new URL(HTTPS_PROXY)

function open({ hostname }) {
  return new Promise((resolve, reject) => {
    const connect = http.request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: `${hostname}:443` })
    connect.once('error', reject)
    connect.once('connect', (_response, socket) => {
      const secure = tls.connect({ socket, servername: hostname, ALPNProtocols: ['http/1.1'] }, () => resolve(secure))
      secure.once('error', reject)
    })
    connect.end()
  })
}

async function ask(opening, url, method, headers, body) {
  const socket = await opening
  return await new Promise((resolve, reject) => {
    const options = {
      method,
      host: url.hostname,
      path: url.pathname + url.search,
      headers,
      createConnection: () => socket
    }
    const request = http.request(options, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(text)
    })
    request.once('error', reject)
    request.end(body)
  })
}

const github = new URL(
  `${ACTIONS_ID_TOKEN_REQUEST_URL}&audience=${encodeURIComponent(`https://iam.googleapis.com/${PROVIDER}`)}`
)
const sts = new URL('https://sts.googleapis.com/v1/token')
const iam = new URL(`https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`)
const service = new URL(SERVICE)
const [toGithub, toSts, toIam, toService] = [github, sts, iam, ...(CALL === 'true' ? [service] : [])].map(open)

const oidc = JSON.parse(
  await ask(toGithub, github, 'GET', { authorization: `Bearer ${ACTIONS_ID_TOKEN_REQUEST_TOKEN}` })
)
const form = new URLSearchParams({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  audience: `//iam.googleapis.com/${PROVIDER}`,
  scope: 'https://www.googleapis.com/auth/cloud-platform',
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  subject_token: oidc.value,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt'
})
const formType = { 'content-type': 'application/x-www-form-urlencoded' }
const federated = JSON.parse(await ask(toSts, sts, 'POST', formType, form.toString()))
const wanted = JSON.stringify({ audience: service.origin, includeEmail: true })
const iamHeaders = { authorization: `Bearer ${federated.access_token}`, 'content-type': 'application/json' }
const { token } = JSON.parse(await ask(toIam, iam, 'POST', iamHeaders, wanted))
if (CALL === 'true') await ask(toService, service, 'GET', { authorization: `Bearer ${token}` })
process.exit(typeof token === 'string' ? 0 : 1)
