// gcloud's parser, which judges words and flags before it asks Google anything.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

const TIME_LIMIT_MS = 60_000

/** Commands that need no network until they have a real token, a person, or an installation that updates itself. */
const UNDERSTOOD =
  /access_token_file or --access-token-file was set|No identity token can be obtained|accounts\.google\.com\/o\/oauth2|component manager\s+is disabled/

/**
 * Without a network: gcloud gets an invented token, no default project or region, and a proxy that closes every connection. A command that
 * gets as far as asking that proxy has been understood; then gcloud is stopped.
 *
 * @returns what gcloud has against the command, undefined where it understood it
 */
export async function askParser(words: readonly string[]): Promise<string | undefined> {
  // For this command alone, because gcloud keeps settings, such as a default project.
  const directory = await mkdtemp(path.join(tmpdir(), 'check-commands-'))
  const proxy = createServer()
  try {
    const token = path.join(directory, 'token')
    await writeFile(token, 'ya29.invented')
    // What the command reads, and an earlier one has written.
    for (const [name] of words.join(' ').matchAll(/(?<=^|[ =])[\w-]+\.(?:json|yaml)(?=$| )/g))
      await writeFile(path.join(directory, name), '{}')
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    return await answerOf(words, directory, token, proxy)
  } finally {
    proxy.close()
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function answerOf(
  words: readonly string[],
  directory: string,
  token: string,
  proxy: Server
): Promise<string | undefined> {
  const child = spawn('gcloud', words, {
    cwd: directory,
    // A group of its own, because gcloud may start other programs.
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      CLOUDSDK_CONFIG: path.join(directory, 'gcloud'),
      CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
      CLOUDSDK_CORE_CHECK_GCE_METADATA: 'false',
      CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
      CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: '1',
      CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: '1',
      CLOUDSDK_PROXY_TYPE: 'http',
      CLOUDSDK_PROXY_ADDRESS: '127.0.0.1',
      CLOUDSDK_PROXY_PORT: String((proxy.address() as AddressInfo).port)
    },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  const seen = { network: false }
  proxy.once('connection', (socket) => {
    seen.network = true
    socket.destroy()
    end()
  })
  const limit = setTimeout(end, TIME_LIMIT_MS)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(limit)
  if (seen.network || code === 0 || UNDERSTOOD.test(said)) return undefined
  return code === null ? `no answer within ${TIME_LIMIT_MS / 1000} s` : (said.split(/\n\n|\nUsage:/, 1)[0] ?? said)
}
