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
  // Google's libraries take every 2xx; the token in it is masked by whoever picks it out.
  if (answer.status >= 200 && answer.status < 300) return answer.body.toString('utf8')
  const problem = answer.status < 400 ? `status ${answer.status}` : quoteRefusal(readRefusal(answer))
  throw subjectTokenUnavailable(url.origin, problem, 'refusal')
}
