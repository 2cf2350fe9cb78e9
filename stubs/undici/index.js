// @actions/http-client imports undici for one function that nobody here calls, getAgentDispatcher. The real package would be
// two thirds of the bundle, and loading it would cost more time than everything else: docs/decisions names the figures.
export class ProxyAgent {
  constructor() {
    throw new Error('undici is not part of this bundle')
  }
}
