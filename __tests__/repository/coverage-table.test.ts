import assert from 'node:assert/strict'
import { test } from 'node:test'
import table from '../../scripts/coverage-table.ts'

async function* events(): AsyncGenerator<
  Parameters<typeof table>[0] extends AsyncIterable<infer Event> ? Event : never
> {
  yield { type: 'test:fail', data: { name: 'A grant' } }
  const percents = { coveredLinePercent: 57.142, coveredBranchPercent: 100, coveredFunctionPercent: 0 }
  const lines = [1, 1, 0, 0, 0, 1, 0].map((count, index) => ({ line: index + 1, count }))
  const files = [{ ...percents, path: '/copy/src/run.ts', lines }]
  yield { type: 'test:coverage', data: { summary: { workingDirectory: '/copy', files, totals: percents } } }
  await Promise.resolve()
}

test('the table of coverage names each test that failed, and the lines that no test ran', async () => {
  const lines: string[] = []
  for await (const line of table(events())) lines.push(line)
  assert.deepEqual(lines, [
    'failed: A grant\n',
    'lines  branches  functions\n',
    ' 57.1     100.0        0.0  src/run.ts  3-5 7\n',
    ' 57.1     100.0        0.0  of all\n'
  ])
})
