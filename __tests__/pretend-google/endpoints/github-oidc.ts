import type { IdTokens } from '../tokens/id-tokens.ts'
import { signJwt } from '../tokens/jwt.ts'
import type { Claims } from '../tokens/jwt.ts'
import { signingKeyOf } from '../tokens/keys.ts'
import type { SecretBook } from '../tokens/secrets.ts'
import { answerJson } from '../transport/answer.ts'
import type { Handler } from '../transport/requests.ts'

export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'

/** The host of the runner's request URL. */
export const GITHUB_OIDC_HOST = 'run-actions-1-azure-eastus.actions.githubusercontent.com'

export interface GithubJob {
  readonly repository?: string
  readonly ref?: string
  /** `repo:OWNER@ID/REPO@ID:…`, which repositories made since July 2026 have. */
  readonly immutableSubject?: boolean
  /** Claims that go over those of the job. */
  readonly claims?: Claims
}

export interface GithubOidc {
  readonly handler: Handler
  /** The variables that the runner sets for a job with `id-token: write`. */
  allowTokens: (job?: GithubJob) => Promise<Record<string, string>>
}

const OWNER_ID = '9919'
const REPOSITORY_ID = '70107786'

/** https://docs.github.com/en/actions/reference/security/oidc */
export function createGithubOidc(idTokens: IdTokens, secrets: SecretBook): GithubOidc {
  const jobs = new Map<string, { readonly owner: string; readonly claims: Claims }>()

  return {
    async allowTokens(job = {}) {
      const claims = describeJob(job)
      const permission = { scp: `Actions.GenerateIdToken:${jobs.size}`, iss: GITHUB_ISSUER }
      const token = secrets.note('GitHub request token', signJwt(permission, await signingKeyOf('the job')))
      jobs.set(token, { owner: String(claims['repository_owner']), claims })
      return {
        ACTIONS_ID_TOKEN_REQUEST_URL: `https://${GITHUB_OIDC_HOST}/144//idtoken/4b6e2b8d/7c9a1f05?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: token
      }
    },
    async handler({ method, url, headers }) {
      const job = jobs.get(headers.authorization?.replace(/^Bearer /i, '') ?? '')
      if (job === undefined) return answerJson(401, { message: 'Unauthorized' })
      if (method !== 'GET' || url.searchParams.get('api-version') !== '2.0')
        return answerJson(404, { message: 'Not Found' })
      const audience = url.searchParams.get('audience') ?? `https://github.com/${job.owner}`
      const value = await idTokens.issueFor(GITHUB_ISSUER, { aud: audience, ...job.claims })
      return answerJson(200, { count: value.length, value })
    }
  }
}

function describeJob(job: GithubJob): Claims {
  const { repository = 'octo-org/octo-repo', ref = 'refs/heads/main', immutableSubject = false, claims = {} } = job
  const [owner = '', name = ''] = repository.split('/')
  const subject = immutableSubject ? `${owner}@${OWNER_ID}/${name}@${REPOSITORY_ID}` : repository
  return {
    sub: `repo:${subject}:ref:${ref}`,
    repository,
    repository_id: REPOSITORY_ID,
    repository_owner: owner,
    repository_owner_id: OWNER_ID,
    repository_visibility: 'private',
    ref,
    ref_type: 'branch',
    ref_protected: 'true',
    sha: 'ffac537e6cbbf934b08745a378932722df287a53',
    event_name: 'push',
    actor: 'octocat',
    actor_id: '583231',
    workflow: 'Deploy',
    workflow_ref: `${repository}/.github/workflows/deploy.yml@${ref}`,
    job_workflow_ref: `${repository}/.github/workflows/deploy.yml@${ref}`,
    run_id: '1658821493',
    run_number: '10',
    run_attempt: '1',
    runner_environment: 'github-hosted',
    ...claims
  }
}
