// Commits rebuilt files to the branch from which they were built:
//   node .github/scripts/commit-dist.ts DIRECTORY
// It runs with a token that may write, and therefore touches nothing of the pull request but these files: no checkout, no hook, no
// dependency. GitHub refuses the commit if the branch has moved meanwhile.
import { appendFileSync } from 'node:fs'
import process from 'node:process'
import { checkTarget, planChanges, readRebuiltFiles } from './rebuilt-files.ts'
import type { CommittedFile } from './rebuilt-files.ts'

const COMMIT = `
  mutation ($input: CreateCommitOnBranchInput!) {
    createCommitOnBranch(input: $input) { commit { oid } }
  }
`

const api = variable('GITHUB_API_URL')
const target = checkTarget({
  repository: variable('GITHUB_REPOSITORY'),
  branch: variable('HEAD_BRANCH'),
  commit: variable('HEAD_SHA')
})
const { additions, deletions } = planChanges(await listCommittedFiles(), readRebuiltFiles(process.argv[2] ?? ''))

if (additions.length + deletions.length === 0) console.log('The committed files are what they have to be.')
else {
  await commit()
  appendFileSync(variable('GITHUB_OUTPUT'), 'committed=true\n')
  for (const { path } of [...additions, ...deletions]) console.log(`Committed ${path}`)
}

async function listCommittedFiles(): Promise<readonly CommittedFile[]> {
  const answer = await send('GET', `${api}/repos/${target.repository}/git/trees/${target.commit}?recursive=1`)
  const { tree, truncated } = answer as { tree: readonly (CommittedFile & { type: string })[]; truncated: boolean }
  if (truncated) throw new Error('GitHub did not list all files.')
  return tree.filter(({ type }) => type === 'blob')
}

async function commit(): Promise<void> {
  const input = {
    branch: { repositoryNameWithOwner: target.repository, branchName: target.branch },
    expectedHeadOid: target.commit,
    // Dependabot overwrites a commit that says so; it leaves a branch alone that has other commits.
    message: { headline: 'Rebuild dist/', body: '[dependabot skip]' },
    fileChanges: { additions, deletions }
  }
  const answer = await send('POST', variable('GITHUB_GRAPHQL_URL'), { query: COMMIT, variables: { input } })
  const { errors } = answer as { errors?: readonly { message: string }[] }
  if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('\n'))
}

async function send(method: 'GET' | 'POST', url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${variable('GITHUB_TOKEN')}`, accept: 'application/vnd.github+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: 'error',
    signal: AbortSignal.timeout(60_000)
  })
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`)
  return await response.json()
}

function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set.`)
  return value
}
