import { describeOutcome, exchange } from '../../exchange.ts'
import { subjectTokenUnavailable } from '../../failures/subject-token.ts'
import type { Job } from '../../job.ts'
import { quoteRefusal, readRefusal } from '../../refusal.ts'

/** What the identity provider answers; the headers are the document's own and no token of Google's is among them. */
export async function fetchToken(job: Job, url: URL, headers: Readonly<Record<string, string>>): Promise<string> {
  const answer = await exchange(job, { method: 'GET', url, headers }, (last, attempts) =>
    subjectTokenUnavailable(url.origin, `${describeOutcome(last)}, after ${attempts} attempts`, 'host')
  )
  if (answer.status !== 200) throw subjectTokenUnavailable(url.origin, quoteRefusal(readRefusal(answer)), 'refusal')
  return answer.body.toString('utf8')
}
