import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { NoAnswer } from '../world/outcome.ts'
import type { ClientRequest } from './admission.ts'
import type { RawHeaders } from './raw-headers.ts'

/** A connection that speaks another protocol from here on, and what it has said already. */
export interface Switched {
  readonly socket: Socket
  readonly head: Buffer
}

/** The client's side of one exchange, whichever version of HTTP it speaks. */
export interface Client extends ClientRequest {
  /** Undefined where the request has none. */
  readonly body: Readable | undefined
  /** Of the request; complete once its body has ended. */
  readonly trailers: () => RawHeaders
  /** The protocol to which the client asks to switch, as `websocket`. */
  readonly upgrade: string | undefined
  /** Lets a client go on that waits with its body (RFC 9110, 10.1.1). */
  readonly proceed: () => void
  /** Hands on an interim answer, such as 103. */
  readonly inform: (answer: AnswerHead) => void
  /**
   * Begins the answer, of which no interim answer follows any more.
   *
   * @param isWhole neither body nor trailers follow
   */
  readonly respond: (answer: AnswerHead, isWhole: boolean) => Writable
  /** Sends what there is of the answer, where its body is a while in coming. */
  readonly flush: () => void
  readonly end: (trailers: RawHeaders) => void
  /** Answers 101, and hands over the connection. */
  readonly switchProtocol: (protocol: string, headers: RawHeaders) => Switched
  /** Ends the exchange so that the client cannot take it for complete. */
  readonly abort: (code?: number) => void
  /** Calls back once: the client has gone, or has all of its answer. */
  readonly onGone: (listener: () => void) => void
}

export interface AnswerHead {
  readonly status: number
  readonly reason: string
  readonly headers: RawHeaders
}

export interface ServiceRequest {
  readonly method: string
  readonly path: string
  /** All of them but those that frame the message. */
  readonly headers: RawHeaders
  readonly body: Readable | undefined
  /** Complete once the body has ended. */
  readonly trailers: () => RawHeaders
  /** The length of the body as the client told it. */
  readonly length: string | undefined
  readonly upgrade: string | undefined
  readonly onContinue: () => void
  /** Of an interim answer that is neither 100 nor 101: RFC 9110, 15.2. */
  readonly onInterim: (answer: AnswerHead) => void
}

export interface ServiceAnswer extends AnswerHead {
  readonly body: Readable
  /** Complete once the body has ended. */
  readonly trailers: () => RawHeaders
  /** Nothing follows the headers: a body that is empty would be another answer for gRPC. */
  readonly isWhole: boolean
  /** Whether the rest of the body is in its buffer by now, and the trailers are known. */
  readonly hasArrived: () => boolean
  /** With status 101. */
  readonly switched: Switched | undefined
  /** Why the body broke off, in the terms of HTTP/2. */
  readonly resetCode: () => number | undefined
}

/** One request on its way. */
export interface Sending {
  /** Rejects with a `ServiceBreak`. */
  readonly answer: Promise<ServiceAnswer>
  readonly abort: (code?: number) => void
}

/** The service's side: sends requests over connections that it keeps. */
export interface ServiceSide {
  readonly send: (request: ServiceRequest) => Sending
  readonly close: () => void
}

/** There is no answer. */
export class ServiceBreak extends Error {
  override readonly name = 'ServiceBreak'
  readonly outcome: NoAnswer
  /** A kept connection was closed before any byte of an answer: the service may have ended it while the request was on its way. */
  readonly onKeptConnection: boolean

  constructor(outcome: NoAnswer, onKeptConnection: boolean) {
    super(outcome.reason)
    this.outcome = outcome
    this.onKeptConnection = onKeptConnection
  }
}
