/** The runner's masks: what it has been told to hide, and the forms in which it recognizes that. */
interface Masker {
  /** Whole values and their lines, in the order in which they were registered. */
  readonly masks: readonly string[]
  add: (value: string) => void
  /** Hides everything registered so far. */
  hide: (text: string) => string
}

export function createMasker(): Masker {
  const masks: string[] = []
  const forms = new Set<string>()

  function addOne(value: string): void {
    if (value === '' || masks.includes(value)) return
    masks.push(value)
    for (const form of encode(value)) forms.add(form)
  }

  return {
    masks,
    add(value) {
      addOne(value)
      for (const line of value.split(/[\r\n]+/)) addOne(line.trim())
    },
    hide: (text) => replaceAll(text, forms)
  }
}

/** As the runner's ValueEncoders do; its forms for PowerShell and the command line are of no concern to an action in Node. */
function encode(value: string): string[] {
  const bytes = Buffer.from(value)
  return [
    value,
    ...[0, 1, 2].map((shift) => bytes.subarray(shift).toString('base64')),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    value
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;')
  ].filter((form) => form !== '')
}

/** Occurrences may overlap: what they cover together becomes one replacement. */
function replaceAll(text: string, forms: ReadonlySet<string>): string {
  const covered = [...forms].flatMap((form) => findAll(text, form)).sort((a, b) => a.start - b.start)
  let result = ''
  let position = 0
  for (const { start, end } of covered) {
    if (start >= position) result += `${text.slice(position, start)}***`
    position = Math.max(position, end)
  }
  return result + text.slice(position)
}

function findAll(text: string, form: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1)) {
    found.push({ start, end: start + form.length })
  }
  return found
}
