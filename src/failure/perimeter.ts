import type { Explanation } from './failure.ts'
import { inTerminal } from './snippets.ts'

/**
 * VPC Service Controls refused. https://cloud.google.com/vpc-service-controls/docs/troubleshooting
 *
 * @param what is protected: "the pool's project"
 * @param text of the answer, which holds an id by which the audit log knows the refusal
 */
export function explainPerimeter(what: string, text: string): Explanation {
  const id = /vpcServiceControlsUniqueIdentifier:\s*([\w-]+)/.exec(text)?.[1]
  return {
    cause: `VPC Service Controls: a perimeter of the organization protects ${what}; no role lets anybody through it.`,
    remedy:
      'Have an ingress rule of the perimeter admit the identity (Access Context Manager), or run the job on a network inside it.',
    snippets: [
      inTerminal(
        '# PROJECT is the one behind the perimeter; its audit log says which perimeter and rule refused:',
        `gcloud logging read 'protoPayload.metadata.vpcServiceControlsUniqueId${id === undefined ? ':*' : `="${id}"`}' --freshness=1h --project=PROJECT`
      )
    ]
  }
}

/** The words by which VPC Service Controls refuse: https://cloud.google.com/vpc-service-controls/docs/troubleshooting */
export const PERIMETER_REFUSAL = "Request is prohibited by organization's policy"

/** Whether an answer is a refusal of VPC Service Controls. */
export function isPerimeter(text: string): boolean {
  return text.includes(PERIMETER_REFUSAL)
}
