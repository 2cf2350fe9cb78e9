import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { after, test } from 'node:test'
import { askParser } from '../../scripts/gcloud-parser.ts'

// A gcloud of which is known what it does.
const directory = mkdtempSync(path.join(tmpdir(), 'gcloud-'))
const program = path.join(directory, 'gcloud')
writeFileSync(
  program,
  `#!/bin/bash
case "$1" in
  ask) exec 3<>/dev/tcp/$CLOUDSDK_PROXY_ADDRESS/$CLOUDSDK_PROXY_PORT; sleep 60 ;;
  refuse) printf 'ERROR: Invalid choice\\n\\nUsage: gcloud\\n' >&2; exit 2 ;;
  read) cat "$2" ;;
  keep) [[ ! -e "$CLOUDSDK_CONFIG" ]] && touch "$CLOUDSDK_CONFIG" ;;
  login) echo 'ERROR: auth/access_token_file or --access-token-file was set which is not compatible' >&2; exit 1 ;;
esac
`
)
chmodSync(program, 0o755)
const { PATH } = process.env
process.env['PATH'] = `${directory}${path.delimiter}${PATH ?? ''}`
after(() => {
  rmSync(directory, { recursive: true, force: true })
})

const skip = process.platform === 'win32' ? 'needs bash' : false

test('a command that asks the network has been understood, and is not waited for', { skip }, async () => {
  assert.equal(await askParser(['ask']), undefined)
})

test('a command that gcloud refuses is a complaint in its first words', { skip }, async () => {
  assert.equal(await askParser(['refuse']), 'ERROR: Invalid choice')
})

test('a command that reads a file finds one', { skip }, async () => {
  assert.equal(await askParser(['read', 'settings.yaml']), undefined)
})

test('no command finds the settings of another', { skip }, async () => {
  for (let time = 0; time < 2; time++) assert.equal(await askParser(['keep']), undefined)
})

test('a command that only a real token stops has been understood', { skip }, async () => {
  assert.equal(await askParser(['login']), undefined)
})
