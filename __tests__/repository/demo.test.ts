import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { test } from 'node:test'

for (const [args, complaint] of [
  [['--foo'], "Unknown option '--foo'"],
  [['nothing'], 'There is no scenario "nothing".'],
  [['no-invoker', 'proxy'], 'One scenario at a time.'],
  [['--help'], '']
] as const) {
  test(`npm run demo -- ${args.join(' ')} says what it takes`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/demo.ts', ...args], { encoding: 'utf8' })
    assert.equal(stderr.trim(), complaint)
    assert.match(stdout, /^Usage: npm run demo -- \[SCENARIO\].*\n[^]*no-invoker/)
    assert.equal(status, complaint === '' ? 0 : 1)
  })
}
