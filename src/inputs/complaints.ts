import { Failure } from '../failure/failure.ts'

type Readers = Readonly<Record<string, () => unknown>>
type Values<R extends Readers> = { readonly [Name in keyof R]: Awaited<ReturnType<R[Name]>> }

/**
 * Calls every reader even if others fail, so that all complaints are reported at once.
 *
 * @throws {Failure} the only complaint
 * @throws {AggregateError} several of them, in the order of the readers
 */
export async function readAll<R extends Readers>(readers: R): Promise<Values<R>> {
  const results = await Promise.allSettled(Object.values(readers).map(async (read) => await read()))
  const values = readEach(results, (result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
  return Object.fromEntries(Object.keys(readers).map((name, index) => [name, values[index]])) as Values<R>
}

/** The same for each part of a list. */
export function readEach<Part, Value>(parts: Iterable<Part>, read: (part: Part) => Value): Value[] {
  const values: Value[] = []
  const complaints: Failure[] = []
  for (const part of parts) {
    try {
      values.push(read(part))
    } catch (error) {
      complaints.push(...complaintsIn(error))
    }
  }
  const [first, ...others] = complaints
  if (first === undefined) return values
  throw others.length === 0 ? first : new AggregateError(complaints)
}

/** The complaints that a reader threw. Any other error is a defect, and is thrown on. */
export function complaintsIn(error: unknown): readonly Failure[] {
  if (error instanceof Failure) return [error]
  if (error instanceof AggregateError && error.errors.every((each) => each instanceof Failure)) return error.errors
  throw error
}
