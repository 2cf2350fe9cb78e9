import { startPretendGoogle } from '../__tests__/pretend-google/world.ts'
import { runProxy } from '../__tests__/runner/run-proxy.ts'
import { SCENARIOS } from './demo-scenarios.ts'

const HOST = 'app-123456789012.europe-west1.run.app'

/** Shows the proxy at work: the step, what later steps send and get, and the post step. */
export async function showProxy(heading: (text: string) => void): Promise<void> {
  await using world = await startPretendGoogle()
  const { inputs: identity = {}, env = {} } = (await SCENARIOS['federation']?.prepare(world)) ?? {}
  const { workload_identity_provider = '', service_account = '' } = identity
  world.addService({
    host: HOST,
    invokers: [`serviceAccount:${service_account}`],
    app: ({ path, headers }) =>
      path === '/login'
        ? {
            status: 302,
            headers: { location: `https://${HOST}/home`, 'set-cookie': 'session=ada; Path=/; Secure; SameSite=None' }
          }
        : { body: `Hello from ${headers.host ?? ''}, which was asked by ${headers.origin ?? 'no page'}` }
  })
  const inputs = { url: `https://${HOST}`, workload_identity_provider, service_account, check: '/health' }
  await using job = await runProxy({ inputs, env: { ...world.env(), ...env } })
  const { url = '' } = job.main.outputs

  heading('proxy: later steps call a private service without a token')
  for (const [name, value] of Object.entries(inputs)) console.log(`  ${name}: ${value}`)
  heading('What the log of the step shows')
  console.log(job.main.log.replaceAll('::add-mask::***\n', '').trimEnd())
  heading('What later steps send and get, through the proxy')
  const requests: readonly (readonly [string, Record<string, string>])[] = [
    ['/', {}],
    ['/', { origin: url }],
    ['/login', {}],
    ['/', { origin: 'https://evil.example.com' }]
  ]
  for (const [path, headers] of requests) {
    const answer = await fetch(url + path, { headers, redirect: 'manual' })
    console.log(`  GET ${path} ${headers['origin'] === undefined ? '' : `from a page of ${headers['origin']}`}`)
    console.log(`    ${answer.status} ${(await answer.text()).trim()}`)
    for (const name of ['location', 'set-cookie']) {
      const value = answer.headers.get(name)
      if (value !== null) console.log(`    ${name}: ${value}`)
    }
  }
  heading('What the log of the post step shows')
  console.log((await job.post()).log.trimEnd())
}
