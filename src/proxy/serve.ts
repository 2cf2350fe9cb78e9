import type { Socket } from 'node:net'
import { noUsableAnswer } from '../call/failures/no-answer.ts'
import { Failure } from '../failure/failure.ts'
import type { TokenHeader } from '../inputs/request-headers.ts'
import type { IdToken } from '../token/id-token.ts'
import { toServicePath } from './addresses.ts'
import type { ServiceAddress } from './addresses.ts'
import { admit } from './admission.ts'
import { FAILURE_HEADER, toClientHeaders } from './answer-headers.ts'
import { ServiceBreak } from './exchange.ts'
import type { Client, Sending, ServiceAnswer, ServiceSide } from './exchange.ts'
import { ownAnswer, rejection } from './own-answer.ts'
import type { OwnAnswer } from './own-answer.ts'
import { headerValues } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'
import { describeRefusal, findResponder, mayBeRefusal, NOTHING, readBeginning } from './refusal.ts'
import type { Beginning } from './refusal.ts'
import { placeToken, toServiceHeaders, toServiceTrailers } from './request-headers.ts'
import type { TokenPlace } from './request-headers.ts'
import type { Entry, Statistics } from './statistics.ts'
import type { TokenKeeper } from './token-keeper.ts'

/** What every exchange needs. */
export interface Serving {
  readonly service: ServiceAddress
  readonly tag: string | undefined
  readonly tokenPlace: TokenPlace
  readonly keeper: TokenKeeper
  readonly statistics: Statistics
  /** Of the proxy itself. */
  readonly port: number
}

/** An exchange that was admitted. */
interface Exchange {
  readonly client: Client
  readonly entry: Entry
  /** Host and port in the name that the client used. */
  readonly local: string
  /** At the service. */
  readonly path: string
  readonly tokenHeader: TokenHeader
}

/** How far an exchange has come. */
interface Course {
  /** The client has gone, or has all of its answer. */
  isGone: boolean
  sending: Sending | undefined
}

/** Serves one exchange. The client learns of whatever becomes of it, and this never rejects. */
export async function serve(serving: Serving, client: Client, side: ServiceSide): Promise<void> {
  const entry = serving.statistics.begin(client.method, client.target)
  const course: Course = { isGone: false, sending: undefined }
  client.onGone(() => {
    course.isGone = true
    course.sending?.abort()
    entry.end()
  })
  client.body?.on('error', ignore).on('data', (chunk: Buffer) => {
    entry.sent(chunk.length)
  })
  client.body?.pause()
  try {
    const exchange = admitExchange(serving, client, entry)
    if (exchange !== undefined) await passOn(serving, exchange, side, course)
  } catch (error) {
    serving.statistics.defect(error)
    client.abort()
  }
}

function admitExchange({ service, port, tokenPlace }: Serving, client: Client, entry: Entry): Exchange | undefined {
  const admission = admit(client, port)
  if (!admission.admitted) {
    reject(client, entry, admission.status, admission.reason)
    return undefined
  }
  const tokenHeader = placeToken(tokenPlace, client.headers)
  if (tokenHeader === undefined) {
    const reason = `The request brings ${tokenPlace.header}, the very header that token_header names for the proxy's own token: leave token_header empty, or the header out.`
    reject(client, entry, 400, reason)
    return undefined
  }
  const { local } = admission
  return { client, entry, local, path: toServicePath(service, admission.path), tokenHeader }
}

async function passOn(serving: Serving, exchange: Exchange, side: ServiceSide, course: Course): Promise<void> {
  const { keeper, service } = serving
  const { client, entry, local } = exchange
  // A body is there once; a request without one may be sent again.
  const isRepeatable = client.body === undefined
  let resent = false
  let renewed = false
  try {
    let token = await keeper.current()
    while (!course.isGone) {
      const sending = (course.sending = side.send(buildRequest(serving, exchange, token)))
      const answer = await sending.answer.catch((error: unknown) => {
        if (!(error instanceof ServiceBreak && error.onKeptConnection && isRepeatable) || resent) throw error
        resent = true
        return undefined
      })
      if (answer === undefined) continue
      if (answer.switched !== undefined) {
        entry.answered(answer.status)
        switchOver(client, answer, toClientHeaders(answer.headers, service, local), entry)
        return
      }
      const beginning = mayBeRefusal(answer.status) && !answer.isWhole ? await readBeginning(answer.body) : NOTHING
      const refusal = answer.status < 300 ? undefined : await findRefusal(serving, exchange, token, answer, beginning)
      if (refusal?.text.code !== 'TOKEN_REJECTED') keeper.accepted(token)
      else if (!renewed) {
        renewed = true
        const next = keeper.replace(token)
        const other = isRepeatable ? await next : undefined
        if (other !== undefined) {
          answer.body.on('error', ignore).resume()
          token = other
          continue
        }
      }
      entry.answered(answer.status)
      // A page of Google's that says 5xx refuses nothing: the service is not available.
      if (refusal !== undefined) (answer.status < 500 ? entry.refused : entry.failed)(refusal.text)
      const mark = refusal === undefined ? [] : [FAILURE_HEADER, refusal.text.code]
      const rewrite = (given: RawHeaders): string[] => toClientHeaders(given, service, local)
      const toClient = {
        ...answer,
        headers: [...rewrite(answer.headers), ...mark],
        trailers: () => rewrite(answer.trailers())
      }
      deliver(client, toClient, beginning, entry)
      return
    }
  } catch (error) {
    if (course.isGone) return
    const failure = error instanceof ServiceBreak ? explainBreak(serving, exchange, error) : error
    if (!(failure instanceof Failure)) throw error
    const status = error instanceof ServiceBreak && error.outcome.timedOut ? 504 : 502
    const { text } = failure
    entry.answered(status)
    entry.failed(text)
    answerItself(client, ownAnswer(status, text.code, `${text.code}: ${text.sentence} ${text.remedy}`))
  }
}

function buildRequest(
  { service, port }: Serving,
  { client, local, path, tokenHeader }: Exchange,
  token: IdToken
): Parameters<ServiceSide['send']>[0] {
  const { method, headers, body, upgrade, proceed } = client
  const passed = toServiceHeaders(headers, service, tokenHeader, port)
  return {
    method,
    path,
    headers: [...passed, tokenHeader, token.jwt.asBearer().reveal()],
    body,
    trailers: () => toServiceTrailers(client.trailers()),
    length: headerValues(headers, 'content-length')[0],
    upgrade,
    onContinue: proceed,
    onInterim(answer) {
      client.inform({ ...answer, headers: toClientHeaders(answer.headers, service, local) })
    }
  }
}

async function findRefusal(
  { service, tag }: Serving,
  { client, path, tokenHeader }: Exchange,
  token: IdToken,
  answer: ServiceAnswer,
  beginning: Beginning
): Promise<Failure | undefined> {
  const found = await findResponder(answer, beginning)
  if (found.responder === 'application') return undefined
  const call = {
    url: urlOf(service, path),
    tag,
    method: client.method,
    iamWaitMs: 0,
    headers: { own: {}, tokenHeader }
  }
  return describeRefusal({ call, token }, answer.status, found)
}

function explainBreak({ service }: Serving, { client, path }: Exchange, { outcome }: ServiceBreak): Failure {
  return noUsableAnswer(urlOf(service, path), outcome, 1, 'through the proxy', client.method)
}

/** For failures alone: a path that came byte for byte may be none that a URL can have. */
function urlOf({ origin }: ServiceAddress, path: string): URL {
  return new URL(URL.canParse(origin + path) ? origin + path : origin)
}

/** Hands an answer on, piece by piece, no faster than the client takes it. */
function deliver(client: Client, answer: ServiceAnswer, beginning: Beginning, entry: Entry): void {
  const { body, isWhole } = answer
  const out = client.respond(answer, isWhole)
  out.on('error', ignore)
  body.on('error', ignore)
  entry.received(beginning.bytes.length)
  if (isWhole) {
    body.resume()
    return
  }
  if (beginning.bytes.length > 0) out.write(beginning.bytes)
  // A body of which nothing is left ends by itself, even before anything waits for that.
  if (beginning.ended || body.readableEnded) {
    client.end(answer.trailers())
    return
  }
  // A small body comes together with its head, and goes on with it: what is below costs more than all of such an exchange's headers.
  if (answer.hasArrived()) {
    const rest = body.read() as Buffer | null
    if (rest !== null) {
      entry.received(rest.length)
      out.write(rest)
    }
    body.resume()
    client.end(answer.trailers())
    return
  }
  if (body.destroyed) {
    client.abort(answer.resetCode())
    return
  }
  let begun = beginning.bytes.length > 0
  body.on('data', (chunk: Buffer) => {
    begun = true
    entry.received(chunk.length)
  })
  body.once('end', () => {
    begun = true
    client.end(answer.trailers())
  })
  body.once('close', () => {
    if (!body.readableEnded) client.abort(answer.resetCode())
  })
  body.pipe(out, { end: false })
  // The first bytes may be a while in coming, as with server-sent events.
  setImmediate(() => {
    if (!begun) client.flush()
  })
}

/** From here on bytes pass both ways, whatever they are. Where one side breaks off, the other one does too. */
function switchOver(client: Client, answer: ServiceAnswer, headers: readonly string[], entry: Entry): void {
  if (answer.switched === undefined) return
  const there = answer.switched.socket
  const here = client.switchProtocol(headerValues(answer.headers, 'upgrade').join(', '), headers)
  connect(here.socket, there, here.head, entry.sent)
  connect(there, here.socket, answer.switched.head, entry.received)
}

function connect(from: Socket, to: Socket, head: Buffer, count: (bytes: number) => void): void {
  from.setNoDelay(true)
  from.setTimeout(0)
  from.on('error', ignore)
  count(head.length)
  if (head.length > 0) to.write(head)
  from.on('data', (chunk: Buffer) => {
    count(chunk.length)
  })
  from.pipe(to)
  from.once('close', () => {
    if (from.readableEnded) to.destroySoon()
    else to.destroy()
  })
}

/** The proxy itself refuses a request. */
function reject(client: Client, entry: Entry, status: number, reason: string): void {
  entry.answered(status)
  entry.rejected()
  answerItself(client, rejection(status, reason))
}

function answerItself(client: Client, answer: OwnAnswer): void {
  // What is not read would keep the client from reading this.
  client.body?.resume()
  const out = client.respond(answer, false)
  out.on('error', ignore)
  if (!out.writableEnded) out.write(answer.body)
  client.end([])
}

function ignore(): void {
  // Where a connection breaks off, its close says all there is to say.
}
