import { describeOutcome, inAttempts } from '../../outcome.ts'
import { requestWithRetries } from '../../retried-request.ts'
import { subjectTokenUnavailable } from '../../failures/subject-token.ts'
import type { Job } from '../../job.ts'
import { quoteRefusal, readRefusal } from '../../refusal.ts'

/** What the identity provider answers; the headers are the document's own and no token of Google's is among them. */
export async function fetchToken(job: Job, url: URL, headers: Readonly<Record<string, string>>): Promise<string> {
  const answer = await requestWithRetries(job, { method: 'GET', url, headers }, (last, attempts) =>
    subjectTokenUnavailable(url.origin, `${describeOutcome(last)}${inAttempts(attempts)}`, 'host')
  )
  if (answer.status === 200) return answer.body.toString('utf8')
  // Below 400 the body may hold the token all the same, and it is not masked yet.
  const problem = answer.status < 400 ? `status ${answer.status}` : quoteRefusal(readRefusal(answer))
  throw subjectTokenUnavailable(url.origin, problem, 'refusal')
}
