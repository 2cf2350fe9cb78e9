import { stringIn, type JsonObject } from '../guard/json.ts'
import { safeText } from '../guard/safe-text.ts'

// Claims of GitHub's OIDC token, as far as conditions, mappings and bindings refer to them:
// https://docs.github.com/en/actions/reference/security/oidc

/** What any issuer's token says of itself. */
const COMMON_CLAIMS = ['iss', 'sub', 'aud']

const GITHUB_CLAIMS = [
  ...COMMON_CLAIMS,
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'ref',
  'environment',
  'event_name',
  'workflow_ref',
  'job_workflow_ref'
]

/** A token of GitHub's, or of a GitHub Enterprise Server: they alone have these claims. */
export function isFromGithub(claims: JsonObject): boolean {
  return claims['repository'] !== undefined
}

/** A token of github.com, of an enterprise there, or of a tenant of ghe.com: their clocks are right. */
export function isOfGithubItself(claims: JsonObject): boolean {
  return /^https:\/\/token\.actions\.(?:githubusercontent\.com|[\w-]+\.ghe\.com)(?:\/|$)/.test(
    stringIn(claims, 'iss') ?? ''
  )
}

/** Claims for people, one per line; what a condition may miss is shown as MISSING. */
export function describeClaims(claims: JsonObject): string[] {
  const names = isFromGithub(claims) ? GITHUB_CLAIMS : COMMON_CLAIMS
  return names.map((name) => {
    const value = claims[name]
    return `${name}: ${value === undefined ? 'MISSING' : safeText(typeof value === 'string' ? value : JSON.stringify(value))}`
  })
}

/** How `sub` began in its older form, `repo:OWNER/REPOSITORY:`, where it has the immutable one, `repo:OWNER@ID/REPOSITORY@ID:…`. */
export function oldSubject(claims: JsonObject): string | undefined {
  const [, owner, name] = /^repo:([\w.-]+)@\d+\/([\w.-]+)@\d+:/.exec(stringIn(claims, 'sub') ?? '') ?? []
  return owner === undefined || name === undefined ? undefined : `repo:${owner}/${name}:`
}

/** A condition on the repository that is true of both forms of `sub`; empty where the ids are not known. */
export function idConditions(claims: JsonObject): string {
  const ids = ['repository_owner_id', 'repository_id'].flatMap((name) => {
    const value = stringIn(claims, name)
    return value !== undefined && /^\d+$/.test(value) ? [`assertion.${name} == '${value}'`] : []
  })
  return ids.join(' && ')
}

/** What makes this job differ from a push to a branch, as far as conditions and bindings that people write forget it. */
export function whatStandsOut(claims: JsonObject): string[] {
  const text = (name: string): string => safeText(stringIn(claims, name) ?? '')
  const [sub, event, environment] = [text('sub'), text('event_name'), text('environment')]
  const [workflow, reusable, repository] = [text('workflow_ref'), text('job_workflow_ref'), text('repository')]
  return [
    ...(event === '' || event === 'push' ? [] : [`event ${event}`]),
    ...(environment === '' ? [] : [`environment ${environment}`]),
    ...(reusable === '' || reusable === workflow ? [] : [`reusable workflow ${reusable}`]),
    ...(isFromGithub(claims) && sub !== '' && !sub.startsWith('repo:') ? ['a sub of a form of its own'] : []),
    ...(/[A-Z]/.test(repository) ? [`capitals in ${repository}`] : [])
  ]
}
