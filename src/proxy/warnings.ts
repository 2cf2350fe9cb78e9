import type { Step } from '../world/step.ts'

/** What will probably hurt once later steps use the proxy. */
export function findProxyWarnings(env: Step['env']): readonly string[] {
  const proxy = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'].find((name) => (env[name] ?? '') !== '')
  const excluded = (env['no_proxy'] ?? env['NO_PROXY'] ?? '').split(/[\s,]+/)
  const needed = ['127.0.0.1', 'localhost'].filter((host) => !excluded.includes(host) && !excluded.includes('*'))
  return proxy === undefined || needed.length === 0
    ? []
    : [
        `${proxy} is set and NO_PROXY does not name ${needed.join(' and ')}, so that many programs would send what is for this proxy to that one: set NO_PROXY to ${[...new Set([...excluded, ...needed])].filter(Boolean).join(',')} for the job.`
      ]
}
