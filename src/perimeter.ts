/** The words by which VPC Service Controls refuse: https://cloud.google.com/vpc-service-controls/docs/troubleshooting */
export const PERIMETER_REFUSAL = "Request is prohibited by organization's policy"

/** Whether an answer is a refusal of VPC Service Controls. */
export function isPerimeter(text: string): boolean {
  return text.includes(PERIMETER_REFUSAL)
}
