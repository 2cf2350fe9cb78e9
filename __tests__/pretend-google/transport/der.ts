/**
 * Just enough DER (ITU-T X.690) to write an X.509 certificate: the libraries that can do it take longer to load than a whole
 * scenario takes to run.
 */
function encode(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), encodeLength(body.length), body])
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff]
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

export const sequence = (...content: readonly Uint8Array[]): Buffer => encode(0x30, ...content)
export const set = (...content: readonly Uint8Array[]): Buffer => encode(0x31, ...content)
export const octetString = (content: Uint8Array): Buffer => encode(0x04, content)
export const utf8String = (text: string): Buffer => encode(0x0c, Buffer.from(text))
export const boolean = (value: boolean): Buffer => encode(0x01, Buffer.from([value ? 0xff : 0]))

/** A positive integer; a leading zero, only where it is needed, keeps it from being read as negative. */
export const integer = (bytes: Uint8Array): Buffer =>
  encode(0x02, Buffer.from((bytes[0] ?? 0) & 0x80 ? [0] : []), bytes)

/** @param unusedBits how many of the last byte's low bits are no part of the string */
export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  encode(0x03, Buffer.from([unusedBits]), content)

/** A context-specific tag: [number] around other values where `constructed`, or in place of a string's own tag. */
export const tagged = (number: number, content: Uint8Array, constructed = true): Buffer =>
  encode((constructed ? 0xa0 : 0x80) | number, content)

/** YYMMDDHHMMSSZ, which RFC 5280, 4.1.2.5 wants for every date before 2050. */
export const utcTime = (date: Date): Buffer =>
  encode(0x17, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`))

/** An object identifier in its dotted form, whose parts are written in base 128. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let remainder = part >> 7; remainder > 0; remainder >>= 7) groups.unshift((remainder & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return encode(0x06, Buffer.from(bytes))
}
