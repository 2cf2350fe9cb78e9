import { createContext, Script } from 'node:vm'
import { isObject } from './json.ts'

/**
 * Does work on data that the other side chose, and for which it may need ages: a regular expression that backtracks, a query
 * over long lists. No timer fires meanwhile, but V8 stops what was called from a script with a time limit, wherever it is.
 * https://nodejs.org/api/vm.html#scriptrunincontextcontextifiedobject-options
 *
 * @param work is synchronous; what it threw is thrown on
 * @returns whether it came to its end
 */
export function finishesWithin(milliseconds: number, work: () => void): boolean {
  try {
    new Script('work()').runInContext(createContext({ work }), { timeout: Math.max(1, Math.round(milliseconds)) })
    return true
  } catch (error) {
    // This one is an Error of the script's own world.
    if (isObject(error) && error['code'] === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw error
  }
}
