import assert from 'node:assert/strict'
import type { PretendGoogle } from '../../pretend-google/world.ts'
import { ACCOUNT, ASKED, assertFailure, assertSuccess, listRequests, membersOf, scenario } from '../given.ts'
import { asInput, externalAccount, FOR_SERVICE, WAYS } from '../token-documents.ts'

const ARN = 'arn:aws:sts::112233445566:assumed-role/deployer/i-0123'
const TOKEN_TYPE = 'urn:ietf:params:aws:token-type:aws4_request'
const VERIFICATION_URL = 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15'

function givenAwsPool(world: PretendGoogle): string {
  const provider = world.addPool({ pool: 'aws', source: { kind: 'aws', accountId: '112233445566' } })
  world.addServiceAccount({ email: ACCOUNT })
  world.grant(membersOf(provider).subject(ARN), 'roles/iam.workloadIdentityUser', ACCOUNT)
  return provider
}

function awsDocument(provider: string, impersonates?: string, urls: object = {}): object {
  const source = { environment_id: 'aws1', regional_cred_verification_url: VERIFICATION_URL, ...urls }
  return externalAccount(provider, source, { impersonates, subjectTokenType: TOKEN_TYPE })
}

for (const { how, inputs, impersonates } of WAYS) {
  for (const temporary of [false, true]) {
    const kind = temporary ? 'Temporary' : 'Permanent'
    scenario(`${kind} credentials of AWS in the environment lead to the account ${how}`, async ({ world, run }) => {
      const provider = givenAwsPool(world)
      const env = world.addAwsIdentity({ accountId: '112233445566', arn: ARN, temporary })
      assertSuccess(await run(FOR_SERVICE, asInput(awsDocument(provider, impersonates)), { inputs, env }))
      assert.deepEqual(listRequests(world), [ASKED.sts, ASKED.idToken()])
    })
  }

  scenario(`The role of an EC2 instance leads to the account ${how}`, async ({ world, run }) => {
    const provider = givenAwsPool(world)
    const { urls, host } = await givenInstance(world)
    assertSuccess(await run(FOR_SERVICE, asInput(awsDocument(provider, impersonates, urls)), { inputs }))
    const [sts, ...others] = listRequests(world).filter((request) => !request.includes(host))
    assert.deepEqual([sts, ...others], [ASKED.sts, ASKED.idToken()])
    assert.deepEqual(
      listRequests(world)
        .filter((request) => request.includes(host))
        .toSorted(),
      [
        `GET ${host}/latest/meta-data/iam/security-credentials`,
        `GET ${host}/latest/meta-data/iam/security-credentials/deployer`,
        `GET ${host}/latest/meta-data/placement/availability-zone`,
        // google-auth-library asks for one session each for the region and for the credentials.
        `PUT ${host}/latest/api/token`,
        `PUT ${host}/latest/api/token`
      ]
    )
  })
}

/** The metadata of an EC2 instance that insists on a session token (IMDSv2). */
async function givenInstance(world: PretendGoogle): Promise<{ urls: object; host: string }> {
  const identity = world.addAwsIdentity({ accountId: '112233445566', arn: ARN, temporary: true })
  // Any secret of AWS's will do.
  const session = world.addAwsIdentity({ accountId: '1', temporary: true })['AWS_SESSION_TOKEN'] ?? ''
  const credentials = {
    Code: 'Success',
    AccessKeyId: identity['AWS_ACCESS_KEY_ID'],
    SecretAccessKey: identity['AWS_SECRET_ACCESS_KEY'],
    Token: identity['AWS_SESSION_TOKEN']
  }
  const bodies: Record<string, string> = {
    '/latest/meta-data/placement/availability-zone': 'eu-central-1b',
    '/latest/meta-data/iam/security-credentials': 'deployer',
    '/latest/meta-data/iam/security-credentials/deployer': JSON.stringify(credentials)
  }
  const origin = await world.addLoopbackApp(({ method, path, headers }) => {
    if (method === 'PUT' && path === '/latest/api/token') return { body: session }
    if (headers['x-aws-ec2-metadata-token'] !== session) return 401
    const body = bodies[path]
    return body === undefined ? 404 : { body }
  })
  const urls = {
    region_url: `${origin}/latest/meta-data/placement/availability-zone`,
    url: `${origin}/latest/meta-data/iam/security-credentials`,
    imdsv2_session_token_url: `${origin}/latest/api/token`
  }
  return { urls, host: new URL(origin).host }
}

scenario('Without credentials of AWS nothing is sent to Google', async ({ world, run }) => {
  const provider = givenAwsPool(world)
  const result = await run(FOR_SERVICE, asInput(awsDocument(provider, ACCOUNT)))
  assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'AWS_ACCESS_KEY_ID')
  assert.deepEqual(listRequests(world), [])
})

scenario('An instance without a role is told apart from one that does not answer', async ({ world, run }) => {
  const provider = givenAwsPool(world)
  const origin = await world.addLoopbackApp([404])
  const urls = { region_url: `${origin}/region`, url: `${origin}/credentials` }
  const result = await run(FOR_SERVICE, asInput(awsDocument(provider, ACCOUNT, urls)))
  assertFailure(result, 'SUBJECT_TOKEN_UNAVAILABLE', 'AWS')
  assert.ok(!listRequests(world).includes(ASKED.sts))
})

scenario('Credentials of another AWS account are refused by STS', async ({ world, run }) => {
  const provider = givenAwsPool(world)
  const env = world.addAwsIdentity({ accountId: '999999999999' })
  const result = await run(FOR_SERVICE, asInput(awsDocument(provider, ACCOUNT)), { env })
  assertFailure(result, 'FEDERATION_REJECTED', 'The AWS account is not the one of the provider.')
  assert.deepEqual(listRequests(world), [ASKED.sts])
})

scenario(
  'What Google says of the audience is shown, though AWS’s token holds it; its signature is not',
  async (stage) => {
    const { world, run } = stage
    const provider = givenAwsPool(world)
    const env = world.addAwsIdentity({ accountId: '112233445566', arn: ARN, temporary: true })
    const answer = `No value of "//iam.googleapis.com/${provider}" is allowed`
    const body = JSON.stringify({ error: 'invalid_grant', error_description: answer })
    world.fail('sts.googleapis.com', { status: 400, body })
    const result = await run(FOR_SERVICE, asInput(awsDocument(provider, ACCOUNT)), { env })
    assertFailure(result, 'FEDERATION_REJECTED', `The answer was: 400 invalid_grant ${answer}`)
    const subjectToken = new URLSearchParams(world.requests[0]?.body).get('subject_token') ?? ''
    const [, signature = ''] = /Signature=([0-9a-f]{64})/.exec(decodeURIComponent(subjectToken)) ?? []
    assert.ok(result.masks.includes(signature))
  }
)
