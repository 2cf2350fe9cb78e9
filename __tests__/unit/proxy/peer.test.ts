import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findOwner } from '../../../src/proxy/peer.ts'

// As the kernel of a little-endian machine prints them, which all of GitHub's are.
const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:04D2 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 11111 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:04D2 01 00000000:00000000 00:00000000 00000000  1002        0 22222 1 0 20 4 30 10 -1
   2: 0100007F:04D2 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1001        0 33333 1 0 20 4 30 10 -1
   3: 0100007F:C351 0100007F:04D2 06 00000000:00000000 03:00000F00 00000000     0        0 0 3 0
   4: 0100007F:C352 0100007F:04D2 01 00000000:00000000 00:00000000 00000000     0        0 44444 1 0
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:C353 00000000000000000000000001000000:04D2 01 00000000:00000000 00:00000000 00000000  1003        0 55555 1 0
   1: 0000000000000000FFFF00000100007F:C354 0000000000000000FFFF00000100007F:04D2 01 00000000:00000000 00:00000000 00000000  1004        0 66666 1 0
`

const ends = (localPort: number, address = '127.0.0.1'): Parameters<typeof findOwner>[1] => ({
  localAddress: address,
  localPort,
  remoteAddress: address,
  remotePort: 1234
})

test('the owner of the client’s socket, and not of the proxy’s', () => {
  assert.equal(findOwner(TABLE, ends(50_000)), 1002)
})

test('root', () => {
  assert.equal(findOwner(TABLE, ends(50_002)), 0)
})

test('a socket that belongs to no process any more is not root’s, though the kernel says 0', () => {
  assert.equal(findOwner(TABLE, ends(50_001)), undefined)
})

test('IPv6, and IPv4 by an IPv6 socket, as Java has them', () => {
  assert.equal(findOwner(TABLE, ends(50_003, '::1')), 1003)
  assert.equal(findOwner(TABLE, ends(50_004)), 1004)
})

test('another port, and another loopback address', () => {
  assert.equal(findOwner(TABLE, ends(50_009)), undefined)
  assert.equal(findOwner(TABLE, ends(50_000, '127.0.0.2')), undefined)
  assert.equal(findOwner('', ends(50_000)), undefined)
})
