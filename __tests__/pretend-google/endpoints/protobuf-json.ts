import type { Call } from '../transport/requests.ts'
import { parseObject } from '../transport/json.ts'
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
 * A name may be in camel case or, as in the .proto file, in snake case; `null` means that the field is not there.
 *
 * @param fields by their names in camel case
 * @throws {Refusal} with 400 where the body is no such message
 */
export function readMessage<F extends Readonly<Record<string, FieldType>>>({ body }: Call, fields: F): Message<F> {
  const members = parseObject(body.length === 0 ? '{}' : body.toString('utf8'))
  if (members === undefined) throw refuse('Root element must be a message.')
  const message: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(members)) {
    const camelCase = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const type = fields[camelCase]
    if (type === undefined) throw refuse(`Unknown name "${name}": Cannot find field.`)
    if (value === null) continue
    if (!isOfType(value, type)) {
      throw refuse(`Invalid value at '${name}' (${PROTOBUF_TYPES[type]}), ${JSON.stringify(value)}`)
    }
    message[camelCase] = value
  }
  return message as Message<F>
}

function isOfType(value: unknown, type: FieldType): boolean {
  return type === 'strings'
    ? Array.isArray(value) && value.every((item) => typeof item === 'string')
    : typeof value === type
}

const refuse = (why: string): ReturnType<typeof refuseApiCall> =>
  refuseApiCall('INVALID_ARGUMENT', `Invalid JSON payload received. ${why}`)
