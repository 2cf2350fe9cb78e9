import { callScenario } from '../call-given.ts'
import { assertFailure } from '../given.ts'

const PROHIBITED = {
  status: 403,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    error: { code: 403, message: "Request is prohibited by organization's policy.", status: 'PERMISSION_DENIED' }
  })
}

callScenario(
  'A refusal of VPC Service Controls in the form of an API is no answer of the application',
  { app: [PROHIBITED] },
  async ({ call }) => {
    assertFailure(await call({ expect_status: '4xx', iam_wait: '0s' }), 'INVOKER_MISSING', 'VPC Service Controls')
  }
)
