import { isCloudRunUrl } from './audience.ts'

/**
 * Whether Google's front end keeps a path of `*.run.app` from the application: `/healthz` for certain, which was measured;
 * of the others Google says only that some are kept and all should be avoided.
 * https://cloud.google.com/run/docs/known-issues#reserved_url_paths
 */
export function findReservation(url: URL): 'certain' | 'possible' | undefined {
  if (!isCloudRunUrl(url)) return undefined
  if (url.pathname === '/healthz') return 'certain'
  return /z$|^\/eventlog$|^\/_ah(\/|$)/.test(url.pathname) ? 'possible' : undefined
}
