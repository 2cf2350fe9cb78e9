import { Failure } from '../failure/failure.ts'
import type { IdToken } from '../token/id-token.ts'
import { nextAttempt, renewalTime } from './renewal.ts'

/** The longest that one of Node's timers can wait, in milliseconds; a token lives far shorter. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Holds a token that is valid now, and gets the next one before it expires. */
export interface TokenKeeper {
  /**
   * The token for a request. It waits for a renewal only where the last token has expired.
   *
   * @throws {Failure} where there is no valid token
   */
  readonly current: () => Promise<IdToken>
  /**
   * Another token than the one that was refused.
   *
   * @returns undefined where there is none, or where renewing has just helped nothing
   */
  readonly replace: (refused: IdToken) => Promise<IdToken | undefined>
  /** Is told of each token that was not refused, so that a later refusal is worth another token at once. */
  readonly accepted: (accepted: IdToken) => void
  readonly renewals: () => number
  readonly close: () => void
}

export interface TokenSource {
  readonly first: IdToken
  /** One attempt to get another token, with a deadline of its own. */
  readonly mint: () => Promise<IdToken>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Is told of each renewal; with the failure where it failed. */
  readonly onRenewal: (failure: Failure | undefined) => void
}

/** Renews one at a time, by timer and on demand: a timer alone would miss a machine that slept. */
export function createTokenKeeper({ first, mint, now, onRenewal }: TokenSource): TokenKeeper {
  let token = first
  let obtainedAt = now()
  let renewal: Promise<IdToken> | undefined
  let failed: { readonly at: number; readonly failure: Failure } | undefined
  let replacedAt = Number.NEGATIVE_INFINITY
  let renewals = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function schedule(at: number): void {
    clearTimeout(timer)
    if (closed) return
    timer = setTimeout(renewInBackground, Math.min(Math.max(0, at - now()), LONGEST_TIMER_MS))
  }

  async function renew(): Promise<IdToken> {
    if (failed !== undefined && now() < nextAttempt(failed.at)) throw failed.failure
    renewal ??= attempt().finally(() => (renewal = undefined))
    return await renewal
  }

  async function attempt(): Promise<IdToken> {
    const startedAt = now()
    try {
      token = await mint()
      obtainedAt = now()
      failed = undefined
      renewals += 1
      onRenewal(undefined)
      schedule(renewalTime({ obtainedAt, expiresAt: token.expiresAt }))
      return token
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      failed = { at: startedAt, failure: error }
      onRenewal(error)
      schedule(Math.max(nextAttempt(startedAt), now() + 1))
      throw error
    }
  }

  /** The request that needs the token reports a failure; until then the last token serves. */
  function renewInBackground(): void {
    renew().catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error
      if (renewal === undefined && failed !== undefined) schedule(nextAttempt(failed.at))
    })
  }

  schedule(renewalTime({ obtainedAt, expiresAt: token.expiresAt }))
  return {
    async current() {
      if (now() >= token.expiresAt) return await renew()
      if (now() >= renewalTime({ obtainedAt, expiresAt: token.expiresAt })) renewInBackground()
      return token
    },
    async replace(refused) {
      if (token !== refused) return token
      if (renewal === undefined && now() < nextAttempt(replacedAt)) return undefined
      replacedAt = now()
      try {
        return await renew()
      } catch (error) {
        if (error instanceof Failure) return undefined
        throw error
      }
    },
    accepted(accepted) {
      if (token === accepted) replacedAt = Number.NEGATIVE_INFINITY
    },
    renewals: () => renewals,
    close() {
      closed = true
      clearTimeout(timer)
    }
  }
}
