// Draws the pictures of the README: `npm run pictures`. They show the job summaries of two scenarios of the demo, in the colours of
// GitHub's light and dark themes, drawn by the Chromium of this machine (CHROMIUM=… names another one).
import { mkdir, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { startPretendGoogle } from '../__tests__/pretend-google/world.ts'
import { runAction } from '../__tests__/runner/run-action.ts'
import { SCENARIOS } from './demo-scenarios.ts'
import { smallPng } from './small-png.ts'

const FOLDER = 'docs/images'
/** The scenario that each picture shows, and where its summary is cut: before the claims, and after the first command. */
const PICTURES = {
  passed: { scenario: 'readme', until: /(?=<details>)/ },
  failed: { scenario: 'no-invoker', until: /(?<=:\n\n(?:<pre>[^]*<\/pre>|`.*`))\n\n/ }
} as const
/** In the place of emoji, for which a machine may have no font. */
const MARKS: Readonly<Record<string, string>> = {
  '✅': '<svg viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f883d"/><path d="m4 8.5 3 3 5-7"/></svg>',
  '❌': '<svg viewBox="0 0 16 16"><path d="m3 3 10 10M13 3 3 13" style="stroke:#d1242f;stroke-width:3"/></svg>'
}
const THEMES = {
  light: { text: '#1f2328', page: '#ffffff', code: '#eff1f3', block: '#f6f8fa', line: '#d1d9e0', link: '#0969da' },
  dark: { text: '#f0f6fc', page: '#0d1117', code: '#262c36', block: '#151b23', line: '#3d444d', link: '#4493f8' }
} as const

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  // Containers run this as root.
  args: ['--no-sandbox', '--disable-lcd-text']
})
await mkdir(FOLDER, { recursive: true })
for (const [name, { scenario, until }] of Object.entries(PICTURES)) {
  const [shown = ''] = (await summaryOf(scenario)).split(until)
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 720, height: 100 }, deviceScaleFactor: 1.5 })
    await page.setContent(pageOf(shown, THEMES[colorScheme]))
    const screenshot = await page.screenshot({ fullPage: true })
    await writeFile(`${FOLDER}/${name}-${colorScheme}.png`, smallPng(await pixelsOf(page, screenshot)))
    await page.close()
  }
}
await browser.close()

/** The browser decodes its own screenshot. */
async function pixelsOf(page: Page, png: Buffer): Promise<{ width: number; height: number; rgba: Uint8Array }> {
  const decoded = await page.evaluate<{ width: number; height: number; rgba: string }>(`(async () => {
    const bytes = Uint8Array.fromBase64('${png.toString('base64')}')
    const image = await createImageBitmap(new Blob([bytes]))
    const { width, height } = image
    const canvas = new OffscreenCanvas(width, height).getContext('2d')
    canvas.drawImage(image, 0, 0)
    return { width, height, rgba: new Uint8Array(canvas.getImageData(0, 0, width, height).data.buffer).toBase64() }
  })()`)
  return { ...decoded, rgba: Buffer.from(decoded.rgba, 'base64') }
}

/** The job summary that the action wrote. */
async function summaryOf(scenario: string): Promise<string> {
  await using world = await startPretendGoogle()
  const options = await SCENARIOS[scenario]?.prepare(world)
  const run = await runAction({ ...options, env: { ...world.env(), ...options?.env } })
  return run.summary
}

/** As much of Markdown as the action writes: a heading, paragraphs with bold, code and links, and HTML as it is. */
function htmlOf(markdown: string): string {
  return markdown
    .split(/\n{2,}/)
    .map((block) => (block.startsWith('<') ? block : `<p>${block}</p>`.replace(/^<p>### (.*)<\/p>$/s, '<h3>$1</h3>')))
    .map((block) =>
      block.startsWith('<pre>')
        ? block
        : block
            .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
            .replaceAll(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
            .replaceAll(/[✅❌]/gu, (mark) => MARKS[mark] ?? mark)
            .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, '<a href="$2">$1</a>')
    )
    .join('\n')
}

function pageOf(markdown: string, theme: Readonly<Record<keyof (typeof THEMES)['light'], string>>): string {
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; padding: 16px 20px 4px; background: ${theme.page}; color: ${theme.text};
           font: 14px/1.5 "Noto Sans", "Liberation Sans", Arial, sans-serif, "Noto Color Emoji"; }
    h3 { margin: 0 0 14px; font-size: 17px; }
    p, table, pre { margin: 0 0 14px; }
    a { color: ${theme.link}; }
    code, pre { font: 12px/1.45 "DejaVu Sans Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; }
    code { padding: 2px 5px; border-radius: 6px; background: ${theme.code}; }
    pre { padding: 12px; border-radius: 6px; background: ${theme.block}; white-space: pre-wrap; }
    table { border-collapse: collapse; }
    svg { width: 15px; vertical-align: -2px; fill: none; stroke: #fff; stroke-width: 2; }
    th, td { padding: 5px 12px; border: 1px solid ${theme.line}; text-align: left; }
  </style>${htmlOf(markdown)}`
}
