import { FAULTS } from '../transport/faults.ts'
import type { FaultName } from '../transport/faults.ts'
import type { Answer } from '../transport/answer.ts'
import type { Call } from '../transport/requests.ts'

/** A request as the application in the container gets it. */
interface AppRequest extends Call {
  /** 1 for the first that reaches the application. */
  readonly number: number
}

/** A status alone, an answer, or the name of a fault. */
type AppAnswer = number | Answer | Exclude<FaultName, 'refuse' | 'impostor' | 'demand'>

/** A function, or the answers in their order, of which the last one stays. */
export type App = ((request: AppRequest) => AppAnswer | Promise<AppAnswer>) | readonly AppAnswer[]

/** Runs an application behind whatever lets requests through to it. */
export function createAppHandler(app: App): (call: Call) => Promise<Answer> {
  let number = 0
  return async (call) => {
    number += 1
    const answer = typeof app === 'function' ? await app({ ...call, number }) : (app[number - 1] ?? app.at(-1) ?? 200)
    if (typeof answer === 'number') return { status: answer, body: '' }
    return typeof answer === 'string' ? FAULTS[answer] : answer
  }
}
