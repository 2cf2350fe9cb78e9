import { parseObject } from '../transport/json.ts'
import type { Call } from '../transport/requests.ts'
import { refuseApiCall } from './errors.ts'

/** What a field of a message may hold. */
interface FieldValues {
  readonly string: string
  readonly strings: readonly string[]
  readonly boolean: boolean
}

type FieldType = keyof FieldValues

type Message<F extends Readonly<Record<string, FieldType>>> = { readonly [K in keyof F]?: FieldValues[F[K]] }

const PROTOBUF_TYPES: Readonly<Record<FieldType, string>> = {
  string: 'TYPE_STRING',
  strings: 'TYPE_STRING',
  boolean: 'TYPE_BOOL'
}

/**
 * The request message of one of Google's APIs: https://protobuf.dev/programming-guides/json/
 *
 * A name may be in camel case or, as in the .proto file, in snake case; `null` means that the field is not there. Google takes
 * a boolean as a string too, and a form, as its libraries send them (`IDTokenCredentials` of Python, `ServiceAccountCredentials`
 * of Java, in universes other than googleapis.com).
 *
 * @param fields by their names in camel case
 * @throws {Refusal} with 400 where the body is no such message
 */
export function readMessage<F extends Readonly<Record<string, FieldType>>>(call: Call, fields: F): Message<F> {
  const text = call.body.toString('utf8')
  const isForm = call.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  const members = isForm ? Object.fromEntries(new URLSearchParams(text)) : parseObject(text === '' ? '{}' : text)
  if (members === undefined) throw refuse('Root element must be a message.')
  const message: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(members)) {
    const camelCase = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const type = fields[camelCase]
    if (type === undefined) throw refuse(`Unknown name "${name}": Cannot find field.`)
    if (value === null) continue
    const read = readField(value, type)
    if (read === undefined) {
      throw refuse(`Invalid value at '${name}' (${PROTOBUF_TYPES[type]}), ${JSON.stringify(value)}`)
    }
    message[camelCase] = read
  }
  return message as Message<F>
}

/** @returns undefined where the value is not of the type */
function readField(value: unknown, type: FieldType): unknown {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
    case 'boolean':
      return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined
  }
}

const refuse = (why: string): ReturnType<typeof refuseApiCall> =>
  refuseApiCall('INVALID_ARGUMENT', `Invalid JSON payload received. ${why}`)
