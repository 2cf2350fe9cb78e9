// Measures what the proxy adds, in turn with a direct connection and, where a built binary of it is given, with Google's
// cloud-run-proxy, against one service on this machine, over TLS:
//   npm run bench:proxy [-- --cloud-run-proxy PATH_TO_THE_BINARY] [--rounds N] [--write]
// --write puts the table into docs/performance.md. It tests nothing and fails on nothing.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent as PlainAgent, request as requestPlain } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Agent, createServer, request as requestTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createCertificateAuthority } from '../__tests__/pretend-google/transport/certificates.ts'
import { startPretendGoogle } from '../__tests__/pretend-google/world.ts'
import { runProxy } from '../__tests__/runner/run-proxy.ts'

const { values } = parseArgs({
  options: {
    'cloud-run-proxy': { type: 'string' },
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean' }
  }
})
const ROUNDS = Number(values.rounds)
const REQUESTS = 2_000
const IN_FLIGHT = 20
const STREAMS = 200
const TRANSFER_BYTES = 50 * 1024 * 1024
const LARGE_BYTES = 500_000_000
/** A slow reader pauses after so many bytes, for so many milliseconds. */
const SLOW = { bytes: 2 * 1024 * 1024, pauseMs: 10 }
const CHUNK = Buffer.alloc(64 * 1024, 1)
const DOCUMENT = 'docs/performance.md'
const MARKS = ['<!-- benchmark of the proxy: begin -->', '<!-- benchmark of the proxy: end -->'] as const

/** How requests reach the service. */
interface Way {
  readonly name: string
  readonly url: string
  readonly processId: number | undefined
}

interface Measured {
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
  readonly downloadMBs: number
  readonly uploadMBs: number
  readonly cpuMs: number
}

const authority = createCertificateAuthority('Benchmark')
const directory = await mkdtemp(path.join(tmpdir(), 'bench-proxy-'))
const caFile = path.join(directory, 'ca.pem')

/** A service whose answers cost it as little as possible. */
const server = createServer(
  { ...authority.issueServerCertificate('localhost'), noDelay: true },
  (request, response) => {
    if (request.url === '/download' || request.url === '/large') {
      let left = request.url === '/large' ? LARGE_BYTES : TRANSFER_BYTES
      const write = (): void => {
        while (left > 0) {
          left -= CHUNK.length
          if (!response.write(CHUNK)) {
            response.once('drain', write)
            return
          }
        }
        response.end()
      }
      write()
    } else if (request.url === '/stream') {
      response.write('open')
    } else {
      request.resume().once('end', () => response.end('Hello'))
    }
  }
).listen(0, '127.0.0.1')
await once(server, 'listening')
const service = `https://localhost:${(server.address() as AddressInfo).port}`

function send(way: Way, target: string, agent: Agent | PlainAgent, method = 'GET'): ReturnType<typeof requestTls> {
  const isTls = way.url.startsWith('https:')
  return isTls
    ? requestTls(way.url + target, { agent, method, ca: authority.cert })
    : requestPlain(way.url + target, { agent, method })
}

async function complete(sent: ReturnType<typeof requestTls>): Promise<number> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`status ${String(response.statusCode)}`)
  let bytes = 0
  response.on('data', (chunk: Buffer) => (bytes += chunk.length))
  await once(response, 'end')
  return bytes
}

function agentFor({ url }: Way, maxSockets: number): Agent | PlainAgent {
  const options = { keepAlive: true, maxSockets, ca: authority.cert }
  return url.startsWith('https:') ? new Agent(options) : new PlainAgent(options)
}

async function load(way: Way, inFlight: number, total: number): Promise<{ times: number[]; seconds: number }> {
  const agent = agentFor(way, inFlight)
  const times: number[] = []
  let left = total
  const start = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left > 0) {
        left -= 1
        const begin = performance.now()
        const sent = send(way, '/', agent)
        sent.end()
        await complete(sent)
        times.push(performance.now() - begin)
      }
    })
  )
  const seconds = (performance.now() - start) / 1_000
  agent.destroy()
  return { times: times.sort((one, other) => one - other), seconds }
}

async function transfer(way: Way, direction: 'download' | 'upload'): Promise<number> {
  const agent = agentFor(way, 1)
  const start = performance.now()
  const sent = send(way, direction === 'download' ? '/download' : '/', agent, direction === 'download' ? 'GET' : 'PUT')
  const done = complete(sent)
  if (direction === 'upload') {
    for (let bytes = 0; bytes < TRANSFER_BYTES; bytes += CHUNK.length) {
      if (!sent.write(CHUNK)) await once(sent, 'drain')
    }
  }
  sent.end()
  await done
  agent.destroy()
  return TRANSFER_BYTES / 1e6 / ((performance.now() - start) / 1_000)
}

/** User and system time of a process, in milliseconds: proc_pid_stat(5), fields 14 and 15. */
function cpuOf(id: number | undefined): number {
  if (id === undefined || process.platform !== 'linux') return Number.NaN
  const stat = readFileSync(`/proc/${id}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function peakOf(id: number | undefined): number {
  if (id === undefined || process.platform !== 'linux') return Number.NaN
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) / 1024
}

async function measure(way: Way): Promise<Measured> {
  await load(way, 1, 200)
  const one = await load(way, 1, REQUESTS)
  const before = cpuOf(way.processId)
  const many = await load(way, IN_FLIGHT, REQUESTS)
  const cpuMs = (cpuOf(way.processId) - before) / REQUESTS
  const at = (part: number): number => one.times[Math.floor(one.times.length * part)] ?? Number.NaN
  return {
    p50: at(0.5),
    p99: at(0.99),
    perSecond: REQUESTS / many.seconds,
    downloadMBs: await transfer(way, 'download'),
    uploadMBs: await transfer(way, 'upload'),
    cpuMs
  }
}

/** The most memory that the process has had so far, and that it has with a client which reads a large answer slowly. */
async function measureSlowReader(way: Way): Promise<number> {
  const agent = agentFor(way, 1)
  const sent = send(way, '/large', agent)
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let read = 0
  for await (const chunk of response) {
    read += (chunk as Buffer).length
    if (read < SLOW.bytes) continue
    read = 0
    await wait(SLOW.pauseMs)
  }
  agent.destroy()
  return peakOf(way.processId)
}

/** Memory with many open streams at once, after everything else. */
async function measureMemory(way: Way): Promise<number> {
  const agent = agentFor(way, STREAMS)
  const open = Array.from({ length: STREAMS }, () => {
    const sent = send(way, '/stream', agent)
    sent.on('error', () => undefined)
    sent.end()
    return sent
  })
  await Promise.all(open.map(async (sent) => (await once(sent, 'response')) as [IncomingMessage]))
  const peak = peakOf(way.processId)
  for (const sent of open) sent.destroy()
  agent.destroy()
  return peak
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

const world = await startPretendGoogle()
let peer: ChildProcess | undefined
try {
  world.addServiceAccount({ email: 'smoke@octo-project.iam.gserviceaccount.com' })
  const key = JSON.stringify(await world.addServiceAccountKey('smoke@octo-project.iam.gserviceaccount.com'))
  const env = world.env()
  await writeFile(caFile, `${await readFile(env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8')}\n${authority.cert}`)
  await using job = await runProxy({
    inputs: { url: service, audience: 'https://service.example', credentials_json: key },
    env: { ...env, NO_PROXY: 'localhost', NODE_EXTRA_CA_CERTS: caFile }
  })
  if (job.main.exitCode !== 0) throw new Error(job.main.log)
  const ways: Way[] = [
    { name: 'direct', url: service, processId: undefined },
    { name: 'this proxy', url: job.main.outputs['url'] ?? '', processId: job.processId() }
  ]
  if (values['cloud-run-proxy'] !== undefined) {
    const port = 18_099
    const args = ['-host', service, '-bind', `127.0.0.1:${port}`, '-token', 'a-token']
    peer = spawn(values['cloud-run-proxy'], args, { env: { ...process.env, SSL_CERT_FILE: caFile }, stdio: 'ignore' })
    await wait(1_000)
    ways.push({ name: 'cloud-run-proxy', url: `http://127.0.0.1:${port}`, processId: peer.pid })
  }

  const results = new Map<string, Measured[]>(ways.map(({ name }) => [name, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    // In turn, so that whatever else the machine does strikes all alike.
    for (const way of ways) results.get(way.name)?.push(await measure(way))
  }
  const rows = await Promise.all(
    ways.map(async (way) => {
      const of = (pick: (measured: Measured) => number): number => median((results.get(way.name) ?? []).map(pick))
      return {
        name: way.name,
        p50: of(({ p50 }) => p50),
        p99: of(({ p99 }) => p99),
        perSecond: of(({ perSecond }) => perSecond),
        downloadMBs: of(({ downloadMBs }) => downloadMBs),
        uploadMBs: of(({ uploadMBs }) => uploadMBs),
        cpuMs: of(({ cpuMs }) => cpuMs),
        memory: await measureMemory(way),
        memorySlow: await measureSlowReader(way)
      }
    })
  )
  const table = render(rows)
  console.log(table)
  if (values.write === true) await insert(table)
} finally {
  peer?.kill()
  await world.close()
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true, force: true })
}

interface Row extends Measured {
  readonly name: string
  readonly memory: number
  readonly memorySlow: number
}

function render(rows: readonly Row[]): string {
  const [direct] = rows
  const show = (value: number, digits: number): string => (Number.isNaN(value) ? '–' : value.toFixed(digits))
  const ratio = (value: number, to: number | undefined): string => `${(value / (to ?? Number.NaN)).toFixed(1)}×`
  const lines = rows.map((row) =>
    [
      row.name,
      `${show(row.p50, 2)} ms (${ratio(row.p50, direct?.p50)})`,
      `${show(row.p99, 2)} ms`,
      `${show(row.perSecond, 0)} (${ratio(row.perSecond, direct?.perSecond)})`,
      show(row.downloadMBs, 0),
      show(row.uploadMBs, 0),
      show(row.cpuMs, 2),
      show(row.memory, 0),
      show(row.memorySlow, 0)
    ].join(' | ')
  )
  return [
    `| way | p50 of one at a time | p99 | requests per second, ${IN_FLIGHT} at a time | download, MB/s | upload, MB/s | CPU per request, ms | memory with ${STREAMS} streams, MiB | and after ${LARGE_BYTES / 1e6} MB to a slow reader |`,
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`)
  ].join('\n')
}

async function insert(table: string): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8')
  const [begin, end] = MARKS
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  await writeFile(DOCUMENT, `${before}\n\n${table}\n\n${text.slice(text.indexOf(end))}`)
}
