import { parseJson } from './json.ts'
import { describeSecret } from './likely-secret.ts'
import { Secret, type Masks } from './secret.ts'
import { TOKEN_SHAPE } from './token-shapes.ts'

/** Where a token is that neither its name nor its shape reveals: the whole text, or one member of a JSON object. */
export type TokenFormat = { readonly type: 'text' } | { readonly type: 'json'; readonly field: string }

/** A text from outside in which every secret has become a `Secret`. */
export interface Sealed {
  /** The parsed JSON; a `Secret` if the whole text is one; undefined otherwise. */
  readonly json: unknown
  /** The text, if it is neither. */
  readonly text: string
}

/** Deeper levels are not searched, and are left out. */
const DEEPEST_NESTING = 20

/** Members of OAuth (RFC 6749, 8693), of credential documents and of AWS whose value is a secret, whatever it looks like. */
const NAMES =
  'access_?token|id_?token|refresh_?token|subject_?token|client_?secret|private_?key|api_?key|saml_?response|assertion|password|secret_?access_?key|(?:proxy-)?authorization'
const NAME = new RegExp(`^(?:${NAMES})$`, 'i')

/** Headers that a document may name and that hold no secret. */
const HARMLESS_HEADER = /^(accept|accept-\w+|content-type|user-agent|host|metadata(-flavor)?)$/i

const SHAPE = new RegExp(`^(?:${TOKEN_SHAPE})$`)
const SHAPE_IN_TEXT = new RegExp(TOKEN_SHAPE, 'g')

/** Behind a name or a scheme, as in JSON within JSON, forms and headers. */
const NAMED_IN_TEXT = new RegExp(
  `((?:(?:${NAMES})["'\\\\\\s]{0,8}[:=]["'\\\\\\s]{0,8}(?:(?:Bearer|Basic)\\s{1,8})?|(?:Bearer|Basic)\\s{1,8}))([\\w.~+/=%-]{16,})`,
  'gi'
)

/**
 * The gate for what comes in: secrets are known by the name of their member, by their shape, or because the caller knows
 * where one stands.
 *
 * @param format where there is a token besides those that can be told
 */
export function seal(masks: Masks, text: string, format?: TokenFormat): Sealed {
  const trimmed = text.trim()
  // A JSON object or a page in the place of a token is none, and a mask on it would fall on ordinary words.
  if (format?.type === 'text' && /^[^\s{<]\S*$/.test(trimmed)) return { json: masks.keep(trimmed), text: '' }
  const json = parseJson(trimmed)
  if (json === undefined) return { json, text: sealText(masks, text) }
  const sealed = mapStrings(json, (value, name, parent) => {
    if (value === '') return value
    const isSecret =
      NAME.test(name) || name === 'Token' || (format?.type === 'json' && name === format.field) || SHAPE.test(value)
    const isHeader = parent === 'headers' && value.length >= 6 && !HARMLESS_HEADER.test(name)
    // What a secret's name holds may be a token with something around it, which is masked by itself too.
    const rest = sealText(masks, value)
    return isSecret || isHeader ? masks.keep(value) : rest
  })
  return { json: sealed, text: '' }
}

/** Names behind which a query or a command has its secrets; their values look like paths where they name a file. */
const SUSPECT = /(token|secret|password|signature|sig|code|key)$/i

/** Keeps what is probably secret of a query or of a program's arguments, which may come back in an answer. */
export function keepSuspects(masks: Masks, pairs: Iterable<readonly [string, string]>): void {
  for (const [name, value] of pairs) {
    if (describeSecret(value) !== undefined || (SUSPECT.test(name) && !value.includes('/'))) masks.keep(value)
  }
}

/** Free text without the secrets in it. */
export function sealText(masks: Masks, text: string): string {
  return text
    .replaceAll(SHAPE_IN_TEXT, (found) => masks.keep(found).toString())
    .replaceAll(NAMED_IN_TEXT, (_, before: string, value: string) => {
      // What stands behind a name may be a word; it is left out all the same.
      if (/\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && !value.includes('/')) masks.keep(value)
      return `${before}***`
    })
}

/** The same JSON with something else in the place of its strings, names of members included, and perhaps of its secrets. */
export function mapStrings(
  value: unknown,
  map: (text: string, name: string, parent: string) => unknown,
  mapSecret: (secret: Secret) => unknown = (secret) => secret
): unknown {
  function mapAny(any: unknown, name: string, parent: string, depth: number): unknown {
    if (typeof any === 'string') return map(any, name, parent)
    if (any instanceof Secret) return mapSecret(any)
    if (typeof any !== 'object' || any === null) return any
    if (depth > DEEPEST_NESTING) return undefined
    if (Array.isArray(any)) return any.map((item) => mapAny(item, name, parent, depth + 1))
    const members = Object.entries(any)
    return Object.fromEntries(
      members.map(([key, member]) => [String(map(key, '', '')), mapAny(member, key, name, depth + 1)])
    )
  }
  return mapAny(value, '', '', 0)
}
