import type { Attempt } from '../call/attempts.ts'
import type { Response } from '../call/response.ts'
import type { IdToken } from '../id-token.ts'
import type { CallInputs } from '../inputs.ts'
import { safeText } from '../safe-text.ts'

/** Everything that is known about a call that failed. */
export interface FailedCall {
  readonly call: Pick<CallInputs, 'url' | 'tag' | 'method' | 'iamWaitMs' | 'headers'>
  readonly token: Pick<IdToken, 'audience' | 'email'>
  /** The attempt that decides. */
  readonly attempt: Attempt
  readonly attempts: number
  /** IAP's OAuth client id, where it is known. */
  readonly clientId: string | undefined
}

/** What RFC 9110, 9.2.2, calls not idempotent: sent twice, it may act twice. */
export function mayActTwice(method: string): boolean {
  return method === 'POST' || method === 'PATCH'
}

export function inAttempts(attempts: number): string {
  return attempts > 1 ? `, after ${attempts} attempts` : ''
}

/** The answer in its own words: the pages are HTML, of which the words are enough. */
export function quote({ status, text }: Pick<Response, 'status' | 'text'>): string {
  return `${status} ${safeText(text.replaceAll(/<(style|head|script)[^]*?<\/\1>/gi, ' ').replaceAll(/<[^>]*>/g, ' '), 200)}`.trim()
}

/** VPC Service Controls: https://cloud.google.com/vpc-service-controls/docs/troubleshooting */
export function isPerimeter(text: string): boolean {
  return text.includes("Request is prohibited by organization's policy")
}

/** The command that finds a refusal of VPC Service Controls in the audit log, by the id that Google's words hold. */
export function perimeterCommands(text: string): string[] {
  const id = /vpcServiceControlsUniqueIdentifier:\s*([\w-]+)/.exec(text)?.[1] ?? 'UNIQUE_IDENTIFIER'
  return [
    `gcloud logging read 'protoPayload.metadata.vpcServiceControlsUniqueId="${id}"' --project=PROJECT_BEHIND_THE_PERIMETER`
  ]
}
