import { constants } from 'node:http2'
import type { Http2Stream } from 'node:http2'
import { toFields } from './raw-headers.ts'
import type { RawHeaders } from './raw-headers.ts'

/** What either side may send ahead on one stream: 200 of them still fit into the memory that a step has to spare. */
const STREAM_WINDOW_BYTES = 256 * 1024

/**
 * For connections of HTTP/2 on both sides. Node refuses more than 128 header fields unless it is told a number: there can be as many as
 * there is room for, at 32 bytes for the least of them (RFC 9113, 6.5.2) in the 64 KiB that its library takes. From 24.15 on it can be
 * told to write a field twice that it expects once, such as `content-type`, since it also reads such a message.
 */
export const HTTP2_OPTIONS = {
  settings: { initialWindowSize: STREAM_WINDOW_BYTES },
  maxHeaderListPairs: (64 * 1024) / 32,
  strictSingleValueFields: false
}

/**
 * Ends a stream that wants its trailers. Where Node does not write what the other side sent, the stream breaks off: an error that is
 * thrown while Node asks for trailers would end the process.
 */
export function sendTrailers(stream: Http2Stream, trailers: RawHeaders): void {
  try {
    stream.sendTrailers(toFields(trailers))
  } catch {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
}
