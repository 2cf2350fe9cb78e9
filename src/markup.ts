import { safeText } from './safe-text.ts'

/**
 * Text from outside as GitHub Flavored Markdown that shows it and does nothing else: whatever could mean something to Markdown,
 * HTML or GitHub (links, mentions, formulas) becomes a numeric character reference
 * (https://github.github.com/gfm/#entity-and-numeric-character-references).
 */
export function inert(text: string, maxLength = 300): string {
  // The dot of "www." too: GFM makes a link of such a word by itself.
  return encode(safeText(text, maxLength), /[&<>`*_[\]|#!~\\$@:^{}]|(?<=www)\./gi)
}

/** The same as a code span, in which nothing but backticks means anything (GFM, 6.3). */
export function inertCode(text: string, maxLength = 300): string {
  const line = safeText(text, maxLength)
  if (line === '') return ''
  const longestRun = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longestRun + 1)
  return longestRun === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`
}

/** A code span in a cell, where a bar would end it (GFM, 4.10). */
export function inertCell(text: string, maxLength = 300): string {
  return inertCode(text, maxLength).replaceAll('|', '\\|')
}

/** Lines as they are, in a block; whatever stands in it is text. */
export function inertBlock(text: string, maxLength: number): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}\n…` : text
  const lines = shown
    .split(/\r\n|[\r\n\u2028\u2029]/)
    // Controls and format characters: they show nothing, or something else than what is there.
    .map((line) => line.replaceAll('\t', '  ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\u00B7'))
  // GFM, 4.6: an HTML block that starts with <pre> ends with </pre> only, so that empty lines may stand in it.
  return `<pre>${encode(lines.join('\n'), /[&<>]/g)}</pre>`
}

export function table(rows: readonly (readonly [string, string])[]): string {
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')
}

export function details(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`
}

function encode(text: string, characters: RegExp): string {
  return text.replaceAll(characters, (character) => `&#${character.charCodeAt(0)};`)
}
