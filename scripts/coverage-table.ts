// A reporter of Node's test runner: the failures by name, and then a row for each file with the lines that no test ran.
// https://nodejs.org/docs/latest-v24.x/api/test.html#custom-reporters
import path from 'node:path'

interface Coverage {
  readonly path: string
  readonly coveredLinePercent: number
  readonly coveredBranchPercent: number
  readonly coveredFunctionPercent: number
  readonly lines: readonly { readonly line: number; readonly count: number }[]
}

type Event =
  | { readonly type: 'test:fail'; readonly data: { readonly name: string } }
  | {
      readonly type: 'test:coverage'
      readonly data: {
        readonly summary: {
          readonly workingDirectory: string
          readonly files: readonly Coverage[]
          readonly totals: Omit<Coverage, 'path' | 'lines'>
        }
      }
    }

export default async function* table(events: AsyncIterable<Event>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type === 'test:fail') yield `failed: ${data.name}\n`
    if (type !== 'test:coverage') continue
    const { files, totals, workingDirectory } = data.summary
    yield 'lines  branches  functions\n'
    for (const file of files) {
      const missed = file.lines.filter(({ count }) => count === 0).map(({ line }) => line)
      yield `${percentages(file)}  ${path.relative(workingDirectory, file.path)}  ${spans(missed)}\n`
    }
    yield `${percentages(totals)}  of all\n`
  }
}

function percentages(of: Omit<Coverage, 'path' | 'lines'>): string {
  const [lines, branches, functions] = [of.coveredLinePercent, of.coveredBranchPercent, of.coveredFunctionPercent]
  return `${lines.toFixed(1).padStart(5)}  ${branches.toFixed(1).padStart(8)}  ${functions.toFixed(1).padStart(9)}`
}

/** 1, 2, 3, 7 become 1-3 7. */
function spans(lines: readonly number[]): string {
  const starts = lines.filter((line, index) => lines[index - 1] !== line - 1)
  const ends = lines.filter((line, index) => lines[index + 1] !== line + 1)
  return starts
    .map((start, index) => (start === ends[index] ? String(start) : `${start}-${ends[index] ?? ''}`))
    .join(' ')
}
