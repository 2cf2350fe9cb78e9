import { safeText } from '../guard/safe-text.ts'

/**
 * Words that mean nothing to Markdown, HTML or GitHub: plain ones, numbers, dashes. Seven digits and more could be a commit
 * (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls).
 */
const PLAIN = /^(?:\p{L}[\p{L}\p{M}]*(?:['’/-]\p{L}[\p{L}\p{M}]*)*|\d{1,6}(?:[.,]\d{1,6})*%?|[–—→·…]|)$/u

/** A word between the punctuation around it. */
const WORD = /^(["'(“‘]*)(.*?)(["')”’.,;:?!…]*)$/u

/**
 * Text from outside as GitHub Flavored Markdown that shows it and does nothing else: words that could mean something become
 * code. Character references would not do: GitHub looks for e-mail addresses and mentions only after it has resolved them.
 */
export function inert(text: string, maxLength = 300): string {
  return markWords(safeText(text, maxLength), inertCode)
}

/** The same where HTML stands, as in tables. */
export function inertHtml(text: string, maxLength = 300): string {
  return markWords(safeText(text, maxLength), inertHtmlCode)
}

/** Text from outside as a code span, in which nothing but backticks means anything (GFM, 6.3). */
export function inertCode(text: string, maxLength = 300): string {
  const line = safeText(text, maxLength)
  if (line === '') return ''
  const longestRun = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longestRun + 1)
  return longestRun === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`
}

/** The same where HTML stands. */
export function inertHtmlCode(text: string, maxLength = 300): string {
  // Within an HTML block only tags and references count (GFM, 4.6); the rest is for whoever pastes a line elsewhere.
  const line = encode(safeText(text, maxLength), /[&<>`*_[\]|#!~\\$@:^{}]|(?<=www)\./gi)
  return line === '' ? '' : `<code>${line}</code>`
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

/**
 * A table of HTML. One of Markdown has no cell that could hold a backslash before a bar, and none is without a header.
 *
 * @param rows of HTML, the first cell of each being its name
 * @param header empty where there is none
 */
export function table(rows: readonly (readonly string[])[], header: readonly string[] = []): string {
  const head = header.map((title) => `<th align="left">${title}</th>`).join('')
  const body = rows.map(([name = '', ...values]) => {
    const first = header.length === 0 ? `<th align="left">${name}</th>` : `<td>${name}</td>`
    return `<tr>${first}${values.map((value) => `<td>${value}</td>`).join('')}</tr>`
  })
  return ['<table>', ...(head === '' ? [] : [`<tr>${head}</tr>`]), ...body, '</table>'].join('\n')
}

/**
 * @param title in HTML: Markdown means nothing there
 * @param content in Markdown
 */
export function details(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`
}

/** Puts words that are not plain into code; what stands side by side shares it. */
function markWords(line: string, mark: (code: string, maxLength: number) => string): string {
  const marked: string[] = []
  let open: { before: string; words: string; after: string } | undefined
  const close = (): void => {
    if (open !== undefined) marked.push(`${open.before}${mark(open.words, line.length)}${open.after}`)
    open = undefined
  }
  for (const text of line.split(' ')) {
    const [, before = '', word = '', after = ''] = WORD.exec(text) ?? []
    if (PLAIN.test(word)) {
      close()
      marked.push(text)
    } else {
      open =
        open === undefined
          ? { before, words: word, after }
          : { ...open, words: `${open.words}${open.after} ${before}${word}`, after }
    }
  }
  close()
  return marked.join(' ')
}

function encode(text: string, characters: RegExp): string {
  return text.replaceAll(characters, (character) => `&#${character.charCodeAt(0)};`)
}
