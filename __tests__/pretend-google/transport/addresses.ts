/** An address of a host. */
export interface PretendAddress {
  readonly address: string
  /** How long the handshake takes, which then is one with 127.0.0.1. */
  readonly answersAfterMs: number | 'never' | 'no route'
}

/**
 * The variables that give host names these addresses, in this order, in a process of Node that is started with them. A name with none
 * is resolved by nobody.
 */
export function pretendAddresses(names: Readonly<Record<string, readonly PretendAddress[]>>): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=${new URL('pretend-addresses.ts', import.meta.url).href}`,
    PRETEND_ADDRESSES: JSON.stringify(names)
  }
}
