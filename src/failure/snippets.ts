import type { Snippet } from './failure.ts'
import { safeText } from '../guard/safe-text.ts'

/** YAML for the inputs of this action. */
export function inStep(...lines: readonly string[]): Snippet {
  return { place: 'In this step, under "with"', lines }
}

/** YAML of the workflow around the step. */
export function inWorkflow(...lines: readonly string[]): Snippet {
  return { place: 'In the workflow', lines }
}

/** JSON for a member of a credential document. */
export function inDocument(...lines: readonly string[]): Snippet {
  return { place: 'In the credential document', lines }
}

/** Commands for somebody who administers the project, mostly of gcloud. */
export function inTerminal(...lines: readonly string[]): Snippet {
  return { place: 'In a terminal with gcloud, such as https://shell.cloud.google.com', lines }
}

/** Commands of gcloud that change something which may be meant to be as it is. */
export function onlyWhere(condition: string, ...lines: readonly string[]): Snippet {
  return { place: `Only where ${condition}, in the same terminal`, lines }
}

/** Commands of GitHub's client. */
export function inTerminalWithGh(...lines: readonly string[]): Snippet {
  return { place: 'In a terminal with gh, in the folder of the repository', lines }
}

/** Commands for the machine on which the step runs. */
export function onRunner(...lines: readonly string[]): Snippet {
  return { place: 'On the runner, such as in a step "- run: …" before this one', lines }
}

/** For what passes by itself. https://cli.github.com/manual/gh_run_rerun */
export const RERUN: Snippet = inTerminalWithGh('gh run rerun --failed   # asks which run')

/** Whether the runner gets through to a host at all. */
export function tryConnection(url: URL): Snippet {
  return onRunner(`curl --head ${shellWord(url.origin)}/   # any status, 404 too, means that it can be reached`)
}

/** The action reads NO_PROXY from the environment of the step, too; a list of host names, separated by commas. */
export function setNoProxy(host: string): Snippet {
  return {
    place: 'In this step',
    lines: ['env:', `  NO_PROXY: ${safeText(host)} # and what it holds already, after commas`]
  }
}

/**
 * A value as one word of a command: quoted where a shell would read more than the value in it (POSIX.1-2024, Shell Command
 * Language, 2.2.2).
 */
export function shellWord(value: string): string {
  const word = safeText(value)
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** gcloud's flag for the project of a service account, where its e-mail says so; to be put behind a command. */
export function projectFlag(account: string): string {
  const project = /@([\w-]+)\.iam\.gserviceaccount\.com$/.exec(account)?.[1]
  return project === undefined ? '' : ` --project=${project}`
}

/** Prints what belongs into `workload_identity_provider`. */
export const PROVIDER_COMMAND =
  "gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool=POOL --location=global --format='value(name)'"
