import path from 'node:path'
import { COMMAND_FILES } from './workspace.ts'
import type { Workspace } from './workspace.ts'

/**
 * What programs need to start at all, on Windows more than elsewhere; where Node writes which lines ran, and where it keeps what
 * it has compiled, so that the bundle is compiled once and not for each of a thousand runs.
 */
const INHERITED = [
  ...['PATH', 'SystemRoot', 'SYSTEMROOT', 'ComSpec', 'PATHEXT', 'LANG'],
  ...['NODE_V8_COVERAGE', 'NODE_COMPILE_CACHE']
]

const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'macOS', win32: 'Windows' }

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables: those of a push to octo-org/octo-repo. */
export function jobVariables(workspace: Workspace, debug: boolean): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  const home = workspace.directory('home')
  const tmp = workspace.directory('tmp')
  return {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    ...(process.platform === 'win32'
      ? { USERPROFILE: home, APPDATA: path.join(home, 'AppData', 'Roaming'), TMP: tmp, TEMP: tmp }
      : { HOME: home, TMPDIR: tmp }),
    ...Object.fromEntries(COMMAND_FILES.map((name) => [`GITHUB_${name}`, workspace.commandFile(name)])),
    CI: 'true',
    GITHUB_ACTION: '__octo-org_google-id-token',
    GITHUB_ACTION_REF: 'v1',
    GITHUB_ACTION_REPOSITORY: 'octo-org/google-id-token',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: path.join(workspace.directory('temp'), 'event.json'),
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_JOB: 'deploy',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'octo-org/octo-repo',
    GITHUB_REPOSITORY_ID: '70107786',
    GITHUB_REPOSITORY_OWNER: 'octo-org',
    GITHUB_REPOSITORY_OWNER_ID: '9919',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1658821493',
    GITHUB_RUN_NUMBER: '10',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: 'ffac537e6cbbf934b08745a378932722df287a53',
    GITHUB_WORKFLOW: 'Deploy',
    GITHUB_WORKFLOW_REF: 'octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main',
    GITHUB_WORKSPACE: workspace.directory('workspace'),
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'GitHub Actions 2',
    RUNNER_OS: SYSTEMS[process.platform] ?? 'Linux',
    RUNNER_TEMP: workspace.directory('temp'),
    ...(debug ? { RUNNER_DEBUG: '1' } : {})
  }
}
