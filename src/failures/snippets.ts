import type { Snippet } from '../failure.ts'
import { safeText } from '../safe-text.ts'

/** YAML for the inputs of this action. */
export function inStep(...lines: readonly string[]): Snippet {
  return { place: 'In this step, under "with"', lines }
}

/** YAML of the workflow around the step. */
export function inWorkflow(...lines: readonly string[]): Snippet {
  return { place: 'In the workflow', lines }
}

/** For what passes by itself. https://cli.github.com/manual/gh_run_rerun */
export const RERUN: Snippet = { place: 'In a terminal', lines: ['gh run rerun --failed   # asks which run'] }

/** The runner reads NO_PROXY from the environment of the step, too; a list of host names, separated by commas. */
export function setNoProxy(host: string): Snippet {
  return {
    place: 'In this step',
    lines: ['env:', `  NO_PROXY: ${safeText(host)} # and what it holds already, after commas`]
  }
}

/** JSON for a member of a credential document. */
export function inDocument(...lines: readonly string[]): Snippet {
  return { place: 'In the credential document', lines }
}

/** Commands for somebody who administers the project, mostly of gcloud. */
export function inTerminal(...lines: readonly string[]): Snippet {
  return { place: 'In a terminal with gcloud, such as https://shell.cloud.google.com', lines }
}

/** Commands for the machine on which the step runs. */
export function onRunner(...lines: readonly string[]): Snippet {
  return { place: 'On the runner', lines }
}

/**
 * A value as one word of a command: quoted where a shell would read more than the value in it (POSIX.1-2024, Shell Command
 * Language, 2.2.2).
 */
export function shellWord(value: string): string {
  const word = safeText(value)
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
