import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Files by their path, which begins with the name of the directory: `workspace/…`, `home/…`, `temp/…`, `tmp/…`. */
export type Files = Readonly<Record<string, string>>

/** The directories of a job, made for one run. */
export interface Workspace {
  readonly directory: (name: 'workspace' | 'home' | 'temp' | 'tmp') => string
  /** The file behind a variable such as GITHUB_OUTPUT. */
  readonly commandFile: (name: string) => string
  readCommandFile: (name: string) => Promise<string>
  /** Everything in the job's directories, but none of the runner's own files. */
  read: () => Promise<Files>
  remove: () => Promise<void>
}

const DIRECTORIES = ['workspace', 'home', 'temp', 'tmp'] as const
export const COMMAND_FILES = ['OUTPUT', 'ENV', 'STATE', 'PATH', 'STEP_SUMMARY'] as const

export async function createWorkspace(files: Files): Promise<Workspace> {
  const root = await mkdtemp(path.join(tmpdir(), 'runner-'))
  const commandFile = (name: string): string => path.join(root, 'commands', name)
  for (const name of [...DIRECTORIES, 'commands']) await mkdir(path.join(root, name))
  for (const name of COMMAND_FILES) await writeFile(commandFile(name), '')
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true })
    await writeFile(path.join(root, name), content)
  }

  return {
    directory: (name) => path.join(root, name),
    commandFile,
    readCommandFile: async (name) => await readFile(commandFile(name), 'utf8'),
    async read() {
      const entries = await Promise.all(
        DIRECTORIES.map((name) => readdir(path.join(root, name), { recursive: true, withFileTypes: true }))
      )
      const names = entries
        .flat()
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
      const contents = names.map(async (name) => [name, await readFile(path.join(root, name), 'utf8')] as const)
      return Object.fromEntries(await Promise.all(contents))
    },
    // On Windows a file may still be held for a moment.
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 })
  }
}
