import { isObject, parseJson } from '../guard/json.ts'

/** Texts of JSON, with one that has no end: a search that began anew behind each quote of it would take quadratic time. */
const TEXT = /"(?:[^"\\]|\\(?:.|$))*("?)/gs

/** A kind of text, by how it is known. */
type Kind = readonly [what: string, is: (text: string) => boolean]

/** What people give in the place of a document, the first that fits. */
const KINDS: readonly Kind[] = [
  ['the *** that GitHub shows in the place of a secret', (text) => /^\*+$/.test(text)],
  ['an expression that was not evaluated', (text) => /^\$\{\{.*\}\}$/s.test(text)],
  ['a private key in PEM alone, without the document around the key', (text) => /^-----BEGIN[^-]*KEY-----/.test(text)],
  ['a JSON list', (text) => Array.isArray(parseJson(text))],
  ['a JSON text that holds the document, with quotes around everything', (text) => typeof parseJson(text) === 'string'],
  ['JSON whose quotes were lost', (text) => /^\{\s*\w+\s*:/.test(text)],
  ['JSON with a line break inside of a text, where \\n has to stand', (text) => isJson(text) && hasBrokenText(text)],
  ['JSON that is cut off', (text) => isJson(text) && isCutOff(text)],
  ['JSON with a mistake in it', isJson],
  ['base64 of a document', (text) => isObject(parseJson(decode(text)))],
  ['a path', isPath]
]

/** @returns what a text is that should have been a document, without any piece of it */
export function describeBroken(text: string): string {
  const found = findKind(text)
  if (found !== undefined) return `it is ${found} (${text.length.toLocaleString('en')} characters)`
  const inside = findKind(decode(text).trim())
  return inside === undefined ? 'it is neither a JSON object nor base64 of one' : `it is base64 of ${inside}`
}

/** Whether it is the place of a document, and not the document. */
export function isPath(text: string): boolean {
  return text.length <= 260 && /^(?:[~.\w-]*\/|[A-Za-z]:\\|\\\\)?[\w .~\\/-]*\.json$/.test(text)
}

function findKind(text: string): string | undefined {
  return KINDS.find(([, is]) => is(text))?.[0]
}

function decode(text: string): string {
  return /^[\w+/=\s-]+$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : ''
}

function isJson(text: string): boolean {
  return /^[{[]/.test(text)
}

/** RFC 8259, 7: a text has no control characters in it, which the key of a service account would bring. */
function hasBrokenText(text: string): boolean {
  return text.match(TEXT)?.some((each) => each.includes('\n')) === true
}

/** Whether a text, an object or a list in it has no end. */
function isCutOff(text: string): boolean {
  const bare = text.replaceAll(TEXT, '')
  const count = (brackets: RegExp): number => bare.match(brackets)?.length ?? 0
  const last = [...text.matchAll(TEXT)].at(-1)
  return last?.[1] === '' || count(/[{[]/g) > count(/[}\]]/g)
}
