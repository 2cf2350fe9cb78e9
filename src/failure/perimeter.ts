import type { Explanation } from './failure.ts'
import { inTerminal } from './snippets.ts'

/** The words by which VPC Service Controls refuse: https://cloud.google.com/vpc-service-controls/docs/troubleshooting */
export const PERIMETER_REFUSAL = "Request is prohibited by organization's policy"

/** Whether an answer is a refusal of VPC Service Controls. */
export function isPerimeter(text: string): boolean {
  return text.includes(PERIMETER_REFUSAL)
}

/**
 * VPC Service Controls refused. https://cloud.google.com/vpc-service-controls/docs/troubleshooting
 *
 * @param refused who was kept from what: "VPC Service Controls keep …"
 * @param what is protected: "the pool's project"
 * @param text of the answer, which holds an id by which the audit log knows the refusal
 * @param project behind the perimeter, as gcloud's flag takes it
 */
export function explainPerimeter(refused: string, what: string, text: string, project = 'PROJECT'): Explanation {
  const id = /vpcServiceControlsUniqueIdentifier:\s*([\w-]{1,100})/.exec(text)?.[1]
  return {
    sentence: `${refused}: a perimeter protects ${what}${id === undefined ? '' : ` (refusal ${id})`}, and no role helps.`,
    remedy:
      'Ask an administrator of the organization for an ingress rule that admits the identity, or run the job on a network inside the perimeter.',
    snippets: [
      inTerminal(
        `see which perimeter and which rule refused${id === undefined ? '' : `; look for ${id}`}`,
        `gcloud logging read "protoPayload.metadata.vpcServiceControlsUniqueId:*" --freshness=1h --project=${project}`
      )
    ]
  }
}
