import type { Explanation } from '../../failure/failure.ts'
import { inTerminal } from '../../failure/snippets.ts'
import { projectIn, type Refusal } from '../refusal.ts'

/** Google's words for an API that is off in a project. */
export function isApiDisabled({ reason, message }: Refusal): boolean {
  return reason === 'SERVICE_DISABLED' || /has not been used in project|it is disabled/.test(message)
}

/**
 * @param name `IAM Service Account Credentials API`
 * @param host of the API: `iamcredentials.googleapis.com`
 * @param ownProject the number of the project in which the identity's pool is
 */
export function explainDisabledApi(refusal: Refusal, name: string, host: string, ownProject?: string): Explanation {
  const project = projectIn(refusal)
  const whose = project === ownProject ? ', the project of your workload identity pool' : ''
  return {
    sentence: `The ${name} is disabled in project ${project}${whose}.`,
    cause: 'Google counts the request in that project; roles do not help.',
    remedy: `Enable ${host} in project ${project}, and run the job again some minutes later.`,
    snippets: [inTerminal('enable the API', `gcloud services enable ${host} --project=${project}`)]
  }
}
