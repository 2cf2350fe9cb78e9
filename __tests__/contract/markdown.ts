import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'

/** A file of the repository. */
interface Page {
  /** From the top of the repository, with slashes. */
  readonly path: string
  readonly text: string
}

/** Tests are started at the top of the repository. */
export async function readText(file: string): Promise<string> {
  return await readFile(path.join(process.cwd(), file), 'utf8')
}

/** Every file that matches. */
export async function readPages(...patterns: string[]): Promise<Page[]> {
  const pages: Page[] = []
  const exclude = (name: string): boolean => ['node_modules', '.git', 'dist'].includes(path.basename(name))
  for await (const file of glob(patterns, { exclude })) {
    pages.push({ path: file.replaceAll(path.sep, '/'), text: await readText(file) })
  }
  return pages
}

/** The fenced blocks in a language, without the indentation of their fence. */
export function blocksOf(text: string, language: string): string[] {
  const fence = new RegExp(`^( *)\`\`\`${language}\\n(.*?)^ *\`\`\`$`, 'gms')
  return [...text.matchAll(fence)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
  )
}

/** Text without fenced blocks, in which nothing is a heading or a link. */
export function proseOf(text: string): string {
  return text.replaceAll(/^ *```.*?^ *```$/gms, '')
}

export function headingsOf(text: string): { readonly level: number; readonly title: string }[] {
  return [...proseOf(text).matchAll(/^(#+) (.+)$/gm)].map(([, marks = '', title = '']) => ({
    level: marks.length,
    title: title.trim()
  }))
}

/** Whatever a fragment can point to: headings as GitHub names them, and explicit anchors. */
export function anchorsOf(text: string): Set<string> {
  const slugs = headingsOf(text).map(({ title }) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
  )
  const explicit = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  return new Set([...slugs, ...explicit])
}

/** The cells of the first table under a heading, without its head; code spans without their marks. */
export function tableUnder(text: string, heading: string): string[][] {
  const start = text.indexOf(`\n${heading}\n`)
  const lines = start < 0 ? [] : text.slice(start).split('\n').slice(2)
  const first = lines.findIndex((line) => line.startsWith('|'))
  const table = lines.slice(first)
  const length = table.findIndex((line) => !line.startsWith('|'))
  return table.slice(2, length < 0 ? undefined : length).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'))
  )
}
