import { HOSTILE, testFailures } from '../../rows.ts'
import { failed, STATUS_MISSED } from './failed-calls.ts'
import type { Verdict } from '../../../../src/call/verdicts.ts'

const MET: Verdict = { input: 'expect_status', expectation: 'status 2xx', met: true, actual: '200 OK' }

testFailures([
  [
    'a redirect',
    failed('application', 302, '', { location: `https://shop.example/${HOSTILE}` }),
    'REDIRECTED',
    /302 Found, to https:\/\/shop\.example.*Set url to https:\/\/shop\.example\S*, or list 302 in expect_status/,
    /missed: status 2xx; actual: 404/
  ],
  [
    'a redirect to http on the same host',
    failed('application', 307, '', { location: 'http://shop-123456789012.europe-west1.run.app/health/' }),
    'REDIRECTED',
    /Set url to https:\/\/shop-123456789012\.europe-west1\.run\.app\/health\/, or/
  ],
  [
    'a redirect to a sign-in page',
    failed('application', 302, '', { location: '/login?next=%2F' }),
    'REDIRECTED',
    /302 Found, to \/login\S*, and redirects are never followed\. The application asks callers to sign in: put the credential that the application accepts into the input headers, call a path that needs no sign-in, or list 302/,
    /^(?!.*url: )/
  ],
  [
    'a redirect to nowhere',
    failed('application', 304, ''),
    'REDIRECTED',
    /304 Not Modified, to nowhere, .*List 304 in expect_status/
  ],
  [
    'a service that is overloaded',
    failed('application', 429, 'Rate exceeded.'),
    'SERVICE_UNAVAILABLE',
    /429 Too Many Requests \("Rate exceeded\."\), after 3 attempts\. Raise deadline, or give the service more instances/,
    /logs read shop.*missed: status 2xx/
  ],
  [
    'a load balancer whose backend is down',
    failed('application', 503, 'no healthy upstream', { url: 'https://shop.example' }),
    'SERVICE_UNAVAILABLE',
    /answered 503 Service Unavailable \("no healthy upstream"\), after 3 attempts\. Look at the load balancer's backends/,
    /get-health(?!.*raise deadline)/
  ],
  [
    'a service without an instance',
    failed('application', 500, 'The request was aborted because there was no available instance.'),
    'SERVICE_UNAVAILABLE',
    /500 Internal Server Error \("The request was aborted because there was no available instance\."\), after 3 attempts\. Raise deadline/,
    /--min-instances=1/
  ],
  [
    'a POST that failed',
    failed('application', 500, '', { method: 'POST' }),
    'SERVICE_UNAVAILABLE',
    /was not repeated, .*: see in the service's log whether the POST acted/,
    /POST was not repeated(?!.*deadline)/
  ],
  [
    'a service that fails',
    failed('application', 503, ''),
    'SERVICE_UNAVAILABLE',
    /503 Service Unavailable, after 3 attempts\. Look at the service's log; raise the input deadline .*Run `gcloud run services logs read shop /
  ],
  [
    "the application's 404",
    failed('application', 404, 'Cannot GET "health" here'),
    'EXPECTATION_FAILED',
    /expected status 2xx, found 404 Not Found \("Cannot GET "health" here"\)\. Fix the path \/health in url/,
    /Cannot GET/
  ],
  [
    "the application's 401",
    failed('application', 401, '{}'),
    'EXPECTATION_FAILED',
    /Google let the call through, and the application refused: give the application the credential for this path in headers; Google's token travelled in Authorization/,
    /own access control/
  ],
  [
    "the application's 401 beside another header",
    failed('application', 401, '{}', { tokenHeader: 'X-Serverless-Authorization' }),
    'EXPECTATION_FAILED',
    /travelled in X-Serverless-Authorization/,
    /X-Api-Key/
  ],
  [
    'a body that is not as expected',
    failed('application', 200, 'down', {
      verdicts: [MET, { input: 'expect_body', expectation: 'body matches /ok/', met: false, actual: 'down' }]
    }),
    'EXPECTATION_FAILED',
    /expected body matches \/ok\/, found down\. Change expect_body if the answer is right; .* log\./,
    /(?=.*met: status 2xx; actual: 200 OK)(?=.*missed: body matches \/ok\/; actual: down)/
  ],
  [
    'an unexpected status 500 with the right status',
    failed('application', 500, 'x', {
      verdicts: [
        { ...STATUS_MISSED, met: true },
        { input: 'expect_json', expectation: 'JSON: a', met: false, actual: 'not JSON' }
      ]
    }),
    'EXPECTATION_FAILED',
    /JSON: a/
  ],
  [
    'an answer that misses much',
    failed('application', 200, 'down', {
      verdicts: Array.from({ length: 30 }, (_, index) => ({
        input: 'expect_body',
        expectation: `body matches /${'x'.repeat(300)}/`,
        met: false,
        actual: `${index}${'y'.repeat(198)}`
      }))
    }),
    'EXPECTATION_FAILED',
    /^.{1000,2500}; and 27 more\./,
    /actual: 29y/
  ]
])
