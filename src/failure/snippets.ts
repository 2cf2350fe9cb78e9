import type { Snippet } from './failure.ts'
import { safeText } from '../guard/safe-text.ts'

/** YAML for a place in words. */
export function inYaml(place: string, ...lines: readonly string[]): Snippet {
  return { place, language: 'yaml', lines }
}

/** YAML for the inputs of this action. */
export function inStep(...lines: readonly string[]): Snippet {
  return inYaml('In this step, under "with"', ...lines)
}

/** YAML for the environment of this step. */
export function inStepEnv(note: string, ...lines: readonly string[]): Snippet {
  return inYaml(`In this step${note}`, 'env:', ...lines.map((line) => `  ${line}`))
}

/** YAML of the workflow around the step. */
export function inWorkflow(...lines: readonly string[]): Snippet {
  return inYaml('In the workflow', ...lines)
}

/** JSON for a member of a credential document. */
export function inDocument(...lines: readonly string[]): Snippet {
  return { place: 'In the credential document', language: 'json', lines }
}

/**
 * Commands of gcloud, each on a line of its own without a comment, so that it can be pasted into bash, zsh and PowerShell.
 *
 * @param purpose `see the present condition`
 */
export function inTerminal(purpose: string, ...lines: readonly string[]): Snippet {
  return { place: `To ${purpose}, in a terminal with gcloud`, language: 'shell', lines }
}

/** Commands of gcloud that change something which may be meant to be as it is. */
export function onlyWhere(condition: string, ...lines: readonly string[]): Snippet {
  return { place: `Only where ${condition}, in a terminal with gcloud`, language: 'shell', lines }
}

/** Shows which services there are. */
export const LIST_SERVICES = 'gcloud run services list --project=PROJECT'

/** Show the full names of providers; the first shows POOL. */
export const LIST_PROVIDERS = [
  'gcloud iam workload-identity-pools list --location=global --project=PROJECT',
  'gcloud iam workload-identity-pools providers list --workload-identity-pool=POOL --location=global --project=PROJECT --format="value(name)"'
]

/** Commands that change the service account or the access scopes of a machine, which has to be stopped for that. */
export function giveMachine(flags: string): Snippet {
  return inTerminal(
    'change the machine; the first command shows INSTANCE and ZONE',
    'gcloud compute instances list --project=PROJECT',
    'gcloud compute instances stop INSTANCE --zone=ZONE --project=PROJECT',
    `gcloud compute instances set-service-account INSTANCE --zone=ZONE --project=PROJECT ${flags}`,
    'gcloud compute instances start INSTANCE --zone=ZONE --project=PROJECT'
  )
}

/** Commands of GitHub's client. */
export function inTerminalWithGh(purpose: string, ...lines: readonly string[]): Snippet {
  return { place: `To ${purpose}, in a terminal with gh in the folder of the repository`, language: 'shell', lines }
}

/** Commands of bash for the machine on which the step runs. */
export function onRunner(purpose: string, ...lines: readonly string[]): Snippet {
  return {
    place: `To ${purpose}, on the runner, such as in a step "- run: …" with "shell: bash" before this one`,
    language: 'bash',
    lines
  }
}

/** How the clock of the machine on which the step runs is seen and set. */
export const SET_CLOCK = onRunner('compare and set the clock', 'date -u', 'sudo timedatectl set-ntp true')

/** Facts to read or to compare. */
export function toRead(place: string, ...lines: readonly string[]): Snippet {
  return { place, language: 'text', lines }
}

/** What a command leaves to the reader to fill in. */
const PLACEHOLDER =
  /(?<![\w$])(?:API|BACKEND|CERTIFICATE|FUNCTION|GATEWAY|INSTANCE|KUBERNETES_SERVICE_ACCOUNT|LOCATION|NAME|NAME_OF_SECRET|NAMESPACE|NEW_CONFIG|NUMBER|POLICY|POOL|PROJECT|PROVIDER|REGION|REVISION|RUN_ID|SERVICE|SERVICE_ACCOUNT_OF_THIS_MACHINE|SUBJECT|TOKEN_FILE|UNIQUE_ID|URL_MAP|YOUR_EMAIL|ZONE)(?!\w)/

/** The command that carries out the remedy, where it comes before everything else and can be run as it is, wherever one is. */
export function firstCommand([first]: readonly Snippet[]): string | undefined {
  const [line] = first?.language === 'shell' ? first.lines : []
  return line !== undefined && isComplete(line) ? line : undefined
}

/** Whether a command leaves nothing to fill in. */
export function isComplete(command: string): boolean {
  return !PLACEHOLDER.test(command)
}

/**
 * A value as one word of a command: in single quotes where a shell would read more than the value in it, as POSIX shells do
 * (POSIX.1-2024, Shell Command Language, 2.2.2) and PowerShell, which takes a comma for a list. Quotes in it stand in
 * double ones, because PowerShell knows no backslash, and takes ‘ ’ ‚ ‛ for single quotes
 * (https://learn.microsoft.com/powershell/scripting/lang-spec/chapter-02, 2.3.5.2).
 */
export function shellWord(value: string): string {
  const word = safeText(value)
  return /^[\w%+:./-][\w@%+=:./-]*$/.test(word)
    ? word
    : `'${word.replaceAll(/['\u2018-\u201b]+/g, (quotes) => `'"${quotes}"'`)}'`
}

/** Stands in a command in the place of an account that is not known. */
export const UNKNOWN_ACCOUNT = 'NAME@PROJECT.iam.gserviceaccount.com'

/** A service account as gcloud's argument, with its project, without which gcloud refuses some commands. @param flag `--iam-account=` */
export function accountWord(account: string, flag = ''): string {
  // gcloud would take the name for a flag.
  const name = account.startsWith('-') ? UNKNOWN_ACCOUNT : account
  return `${flag}${shellWord(name)}${projectFlag(name)}`
}

/** gcloud's flag for the project of a service account, as its e-mail says; to be put behind a command. */
export function projectFlag(account: string): string {
  return ` --project=${projectOfAccount(account) ?? 'PROJECT'}`
}

/** The project of a service account, where its e-mail says so. */
export function projectOfAccount(account: string): string | undefined {
  return /@([a-z][a-z0-9-]*)\.iam\.gserviceaccount\.com$|^([a-z][a-z0-9-]*)@appspot\.gserviceaccount\.com$/
    .exec(account)
    ?.slice(1)
    .find(Boolean)
}

/** Most of gcloud refuses a project's number and wants its id. */
export function projectById(number: string): string {
  return `$(gcloud projects describe ${number} --format="value(projectId)")`
}
