/** Loopback and link-local addresses, which never leave the machine or its network segment: plain `http` is fine there. */
export function isLocalUrl(url: URL): boolean {
  return isLoopbackUrl(url) || /^169\.254\.\d+\.\d+$/.test(url.hostname) || /^\[fe[89ab][0-9a-f]:/.test(url.hostname)
}

export function isLoopbackUrl(url: URL): boolean {
  return url.hostname === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname) || url.hostname === '[::1]'
}
