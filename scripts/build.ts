// Bundles src/ into dist/, which is what GitHub runs: `npm run build`.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/@vercel/ncc/dist/ncc/cli.js', 'build', 'src/main.ts', '--out', 'dist'], {
  stdio: 'inherit'
})
