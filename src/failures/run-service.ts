import { isCloudRunHost } from '../audience.ts'

/** Name and region of a Cloud Run service as far as its URL tells them, for commands to paste; placeholders otherwise. */
export function describeRunService(url: URL): { readonly name: string; readonly region: string } {
  if (!isCloudRunHost(url)) return { name: 'SERVICE', region: 'REGION' }
  const host = url.hostname.replace(/^.*?---/, '')
  // https://cloud.google.com/run/docs/triggering/https-request: SERVICE-PROJECT_NUMBER.REGION.run.app
  const [, deterministicName, region] = /^(.+)-\d{6,}\.([a-z0-9-]+)\.run\.app$/.exec(host) ?? []
  if (deterministicName !== undefined && region !== undefined) return { name: deterministicName, region }
  // SERVICE-HASH-REGION_CODE.a.run.app; the code is not the region's name.
  const [, name] = /^(.+)-[a-z0-9]{10}-[a-z]{2}\.a\.run\.app$/.exec(host) ?? []
  return { name: name ?? 'SERVICE', region: 'REGION' }
}
