import type { Answer } from './answer.ts'

/**
 * Something that goes wrong instead of, or on top of, the true answer. An `Answer` with a status replaces the true answer; one
 * with nothing but a delivery spoils the way the true answer travels. Four faults happen before there is a request at all:
 * `refuse` makes the tunnel impossible, `impostor` shows a certificate that is for another host, `demand` ends TLS with an alert
 * unless the client shows a certificate, and `unasked` is sent as soon as the connection is open, which is closed behind it.
 */
export type Fault = Answer | ConnectionFault

export type ConnectionFault = 'refuse' | 'impostor' | 'demand' | { readonly unasked: string }

/** The faults that every host may have, by name, so that a scenario can go through all of them. */
export const FAULTS = {
  refuse: 'refuse',
  impostor: 'impostor',
  demand: 'demand',
  reset: { delivery: 'reset' },
  silence: { delivery: 'silence' },
  drip: { delivery: { dripMs: 100 } },
  cut: { delivery: 'cut' },
  'server error': { status: 500, body: 'Internal error encountered.' },
  'service unavailable': { status: 503, body: 'The service is currently unavailable.' },
  'too many requests': { status: 429, headers: { 'retry-after': '1' }, body: 'Quota exceeded.' },
  'page of HTML': {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<html><body>Sign in to the Wi-Fi</body></html>'
  },
  'empty body': { status: 200, headers: { 'content-type': 'application/json' } },
  'empty object': { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' },
  'wrong types': {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: '{"access_token":1,"accessToken":[],"id_token":{},"token":null,"value":true}'
  },
  'broken JSON': { status: 200, headers: { 'content-type': 'application/json' }, body: '{"token":"' },
  'random bytes': {
    status: 200,
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 167) % 256))
  },
  'not HTTP': { delivery: { raw: 'SSH-2.0-OpenSSH_9.6\r\n' } }
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

interface FaultLimits {
  /** How often it happens; without end where nothing is said. */
  readonly times?: number
  /** Only for paths (with their query) that match. */
  readonly path?: string | RegExp
}

export interface Faults {
  /** @param host a host name, or a pattern for several */
  fail: (host: string | RegExp, fault: FaultName | Fault, limits?: FaultLimits) => void
  /** The fault of a connection that is being made, counted as one of its times. */
  takeForConnection: (host: string) => ConnectionFault | undefined
  /** The fault of a request, counted as one of its times. */
  takeForRequest: (host: string, path: string) => Answer | undefined
}

export function createFaults(): Faults {
  const planned: { host: string | RegExp; path: string | RegExp; fault: Fault; timesLeft: number }[] = []

  function take<F extends Fault>(accepts: (fault: Fault) => fault is F, host: string, path: string): F | undefined {
    const found = planned.find(
      (plan) => plan.timesLeft > 0 && accepts(plan.fault) && matches(plan.host, host) && matches(plan.path, path)
    )
    if (found === undefined || !accepts(found.fault)) return undefined
    found.timesLeft -= 1
    return found.fault
  }

  return {
    fail(host, fault, { times = Infinity, path = /^/ } = {}) {
      planned.push({ host, path, fault: typeof fault === 'string' ? FAULTS[fault] : fault, timesLeft: times })
    },
    takeForConnection: (host) => take(isOfConnection, host, ''),
    takeForRequest: (host, path) => take((fault): fault is Answer => !isOfConnection(fault), host, path)
  }
}

function isOfConnection(fault: Fault): fault is ConnectionFault {
  return typeof fault === 'string' || 'unasked' in fault
}

function matches(pattern: string | RegExp, text: string): boolean {
  return typeof pattern === 'string' ? pattern === text : pattern.test(text)
}
