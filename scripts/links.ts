// The links to other sites that a reader of this repository can follow: npm run links
// With `-- --check` it asks for each of them, which .github/workflows/links.yml does every week.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'

interface Link {
  readonly url: string
  /** The files that have it. */
  readonly files: readonly string[]
}

/** Made by programs, or written by others. */
const NOT_OURS = /^(dist\/|THIRD_PARTY_NOTICES\.txt$|LICENSE$|package-lock\.json$|\.github\/lint\/|.*\.snapshot$)/

/** Where people read. */
const SITES = [
  'curl.se',
  'aws.amazon.com',
  'cli.github.com',
  'cloud.google.com',
  'console.cloud.google.com',
  'datatracker.ietf.org',
  'developers.google.com',
  'docs.aws.amazon.com',
  'docs.github.com',
  'github.com',
  'github.github.com',
  'google.aip.dev',
  'html.spec.whatwg.org',
  'jmespath.org',
  'keepachangelog.com',
  'learn.microsoft.com',
  'mermaid.js.org',
  'nektosact.com',
  'nodejs.org',
  'openid.net',
  'protobuf.dev',
  'semver.org',
  'shell.cloud.google.com',
  'status.cloud.google.com',
  'support.google.com',
  'url.spec.whatwg.org',
  'www.githubstatus.com',
  'www.isthe.com',
  'www.rfc-editor.org',
  'www.w3.org',
  'yaml.org',
  'zsh.sourceforge.io'
]

/** URLs that are no links: to be filled in, of examples, or for programs. */
const NO_LINK = [
  /[…${}*<]|^https?:\/\/(\.|$)/,
  /^https?:\/\/[^/]*[A-Z[]/,
  /^https:\/\/([a-z]|shop\.example)$/,
  /^https?:\/\/([\w-]+\.)*(example\.com|run\.app|cloudfunctions\.net|gateway\.dev|ghe\.com)\b/,
  /^http:\/\/(localhost|metadata\.google\.internal|\d+\.\d+\.\d+\.\d+)\b/,
  /^https:\/\/([\w-]+\.)?googleapis\.com\b/,
  /^https:\/\/(accounts\.google\.com|api\.github\.com|token\.actions\.githubusercontent\.com)\b/,
  /^https:\/\/github\.com($|\/(octo-org|your-org|my-org|OWNER)\b)/
]

/** Every URL in a text, without the punctuation of the sentence around it. */
export function urlsIn(text: string): string[] {
  return (text.match(/https?:\/\/[^\s"'`<>()\\|]*/g) ?? []).map((url) => url.replace(/[.,;:!?\]]+$/, ''))
}

/** @returns undefined where neither list knows the URL */
export function isLink(url: string): boolean | undefined {
  if (NO_LINK.some((pattern) => pattern.test(url))) return false
  const [, host = ''] = /^https?:\/\/([^/?#]*)/.exec(url) ?? []
  return SITES.includes(host) ? true : undefined
}

/** What git knows of, and is ours. */
export function ownFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0')
  return list.filter((file) => file !== '' && !NOT_OURS.test(file))
}

/** Every link, once; a fragment is part of the page. */
export function listLinks(): Link[] {
  const files = new Map<string, Set<string>>()
  for (const file of ownFiles()) {
    for (const url of urlsIn(readFileSync(file, 'utf8')).filter((url) => isLink(url) === true)) {
      const page = url.replace(/#.*/, '')
      files.set(page, (files.get(page) ?? new Set()).add(file))
    }
  }
  return [...files].map(([url, names]) => ({ url, files: [...names] })).sort((a, b) => (a.url < b.url ? -1 : 1))
}

/** Whether a page is gone, rather than shy of programs or busy. */
export function isGone(status: number): boolean {
  return status === 404 || status === 410
}

/** @returns what came of it, with "GONE" first where the link has to change */
async function check({ url, files }: Link): Promise<string> {
  try {
    const { status, redirected, url: end, body } = await fetch(url, { signal: AbortSignal.timeout(30_000) })
    await body?.cancel()
    const from = isGone(status) ? `, in ${files.join(', ')}` : ''
    return `${isGone(status) ? 'GONE' : '    '} ${status} ${url}${redirected ? ` → ${end}` : ''}${from}`
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const gone = cause instanceof Error && 'code' in cause && cause.code === 'ENOTFOUND'
    return `${gone ? 'GONE' : '    '} ??? ${url} (${String(cause)}), in ${files.join(', ')}`
  }
}

if (import.meta.main) {
  for (const link of listLinks()) {
    if (!process.argv.includes('--check')) console.log(link.url)
    else {
      // One after the other: there is time, and most of them are at one site.
      const line = await check(link)
      console.log(line)
      if (line.startsWith('GONE')) process.exitCode = 1
    }
  }
}
