// A PNG with at most 256 colours: a picture of text in a third of the bytes that a browser's screenshot takes.
import { crc32, deflateSync } from 'node:zlib'

/** Pixels as a canvas gives them: red, green, blue and alpha, a byte each; alpha is ignored. */
interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array
}

/** An indexed PNG (https://www.w3.org/TR/png-3/) of the 256 most frequent colours; every other colour becomes the nearest of them. */
export function smallPng({ width, height, rgba }: Pixels): Buffer {
  const colorAt = (offset: number): number => Buffer.from(rgba.buffer, rgba.byteOffset).readUIntBE(offset, 3)
  const counts = new Map<number, number>()
  for (let offset = 0; offset < rgba.length; offset += 4)
    counts.set(colorAt(offset), (counts.get(colorAt(offset)) ?? 0) + 1)
  const frequent = [...counts].sort(([, one], [, other]) => other - one).map(([color]) => color)
  const palette = frequent.slice(0, 256)
  const indexes = new Map(frequent.map((color) => [color, nearest(palette, color)]))

  // Each row starts with its filter, which is none.
  const rows = Buffer.alloc((width + 1) * height)
  for (let pixel = 0; pixel < width * height; pixel++)
    rows[pixel + Math.floor(pixel / width) + 1] = indexes.get(colorAt(pixel * 4)) ?? 0

  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0))
  ])
}

function nearest(palette: readonly number[], color: number): number {
  const distances = palette.map((other) =>
    [16, 8, 0].reduce((sum, shift) => sum + (((other >> shift) & 255) - ((color >> shift) & 255)) ** 2, 0)
  )
  return distances.indexOf(Math.min(...distances))
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(content.length + 8)
  frame.writeUInt32BE(data.length, 0)
  frame.set(content, 4)
  frame.writeUInt32BE(crc32(content), content.length + 4)
  return frame
}
