import { cutText, safeText } from '../guard/safe-text.ts'

/**
 * Words that mean nothing to Markdown, HTML or GitHub: plain ones, numbers, dashes. Seven digits and more could be a commit
 * (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls).
 */
const PLAIN = /^(?:\p{L}[\p{L}\p{M}]*(?:['’/-]\p{L}[\p{L}\p{M}]*)*|\d{1,6}(?:[.,]\d{1,6})*%?|[–—→·…]|)$/u

/** A value in double quotes, which may have several words, or else a word; each with the punctuation around it. */
const PIECE = /(\(*)"([^"]+)"([).,;:?!…]*)(?= |$)|([^ ]+)/gu

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
  const line = encode(safeText(text, maxLength))
  return line === '' ? '' : `<code>${line}</code>`
}

/** Lines as they are, in a block; whatever stands in it is text. */
export function inertBlock(text: string, maxLength: number): string {
  const shown = text.length > maxLength ? `${cutText(text, maxLength)}\n…` : text
  const lines = shown
    .split(/\r\n|[\r\n\u2028\u2029]/)
    // Controls and format characters: they show nothing, or something else than what is there.
    .map((line) => line.replaceAll('\t', '  ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\u00B7'))
  // GFM, 4.6: an HTML block that starts with <pre> ends with </pre> only, so that empty lines may stand in it.
  return `<pre>${encode(lines.join('\n'))}</pre>`
}

/**
 * A table in HTML. In Markdown, a cell cannot have a backslash before a bar, and every table has a header.
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

/** What is shown as it is, or as code between the punctuation around it. */
interface Piece {
  readonly before: string
  readonly text: string
  readonly after: string
  /** A whole value, which shares its code with no other piece. */
  readonly isValue: boolean
}

/**
 * Puts what is not plain into code. A value in quotes becomes one code span, without the quotes; words that stand side by side
 * share one, unless there is punctuation between them.
 */
function markWords(line: string, mark: (code: string, maxLength: number) => string): string {
  const marked: string[] = []
  let open: Piece | undefined
  const close = (): void => {
    if (open !== undefined) marked.push(`${open.before}${mark(open.text, line.length)}${open.after}`)
    open = undefined
  }
  for (const piece of splitPieces(line)) {
    if (isPlain(piece.text)) {
      close()
      marked.push(`${piece.before}${piece.text}${piece.after}`)
    } else if (open !== undefined && !open.isValue && !piece.isValue && open.after + piece.before === '') {
      open = { ...piece, before: open.before, text: `${open.text} ${piece.text}` }
    } else {
      close()
      open = piece
    }
  }
  close()
  return marked.join(' ')
}

function splitPieces(line: string): Piece[] {
  return [...line.matchAll(PIECE)].map(([, before = '', value, after = '', word = '']) => {
    if (value === undefined) return splitWord(word)
    const quotes = isPlain(value) ? '"' : ''
    return { before: before + quotes, text: value, after: quotes + after, isValue: true }
  })
}

function splitWord(word: string): Piece {
  const [, before = '', text = '', after = ''] = WORD.exec(word) ?? []
  // A bracket that was opened within the word belongs to it.
  const closing = after.startsWith(')') && text.split('(').length > text.split(')').length ? ')' : ''
  return { before, text: text + closing, after: after.slice(closing.length), isValue: false }
}

function isPlain(text: string): boolean {
  return text.split(' ').every((word) => PLAIN.test(splitWord(word).text))
}

/**
 * Within an HTML block only tags and references count (GFM, 4.6), and GitHub leaves code alone. The runner's masks know no
 * other references than these: https://github.com/actions/runner/blob/main/src/Sdk/DTLogging/Logging/ValueEncoders.cs
 */
function encode(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
