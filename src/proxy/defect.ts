import { safeText } from '../guard/safe-text.ts'

/** A defect for the log: its kind, and where it came about. The message stays out, because it may hold anything. */
export function describeDefect(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const [place = ''] = /^ {4}at .*$/m.exec(error.stack ?? '') ?? []
  return `${error.name} ${safeText(place)}`.trimEnd()
}
