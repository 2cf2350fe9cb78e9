import type { Secret } from '../guard/secret.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { ClientCertificate } from './connection.ts'
import type { Outcome } from './outcome.ts'

/** What is sent as `application/x-www-form-urlencoded`. */
export type Form = Readonly<Record<string, string | Secret>>

export interface HttpRequest {
  readonly method: string
  /** `https`, or `http` where the caller has made sure that the host is loopback or link-local. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string | Secret | readonly string[]>>
  readonly body?: string | Buffer | Form
  readonly clientCertificate?: ClientCertificate | undefined
}

export interface Limits {
  /** From connecting to the last byte of the body. */
  readonly milliseconds: number
  /** Whether the deadline of the step leaves no more. */
  readonly byDeadline?: boolean
  /** What is kept of the decoded body; where it is longer, the connection is closed there. */
  readonly bodyBytes: number
}

export interface Http {
  /** Sends one request. Not getting an answer is an outcome too, and no rejection. Redirects are never followed. */
  readonly send: (request: HttpRequest, limits: Limits) => Promise<Outcome>
  readonly prepare: ConnectionPool['prepare']
  /** Ends whatever is still under way, so that nothing keeps the process alive. */
  readonly close: () => void
}

/** Loopback and link-local addresses, which never leave the machine or its network segment: plain `http` is fine there. */
export function isLocalUrl(url: URL): boolean {
  return isLoopbackUrl(url) || /^169\.254\.\d+\.\d+$/.test(url.hostname) || /^\[fe[89ab][0-9a-f]:/.test(url.hostname)
}

export function isLoopbackUrl(url: URL): boolean {
  return url.hostname === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname) || url.hostname === '[::1]'
}
