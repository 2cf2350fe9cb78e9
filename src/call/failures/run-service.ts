import { Failure } from '../../failure/failure.ts'
import type { Explanation, FailureCode } from '../../failure/failure.ts'
import { inStep, inTerminal, shellWord } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'
import type { CallInputs } from '../../inputs/call-inputs.ts'
import { findReservation } from '../../inputs/service-url.ts'
import type { LookUp, RunService, RunServiceName } from '../run-service.ts'
import { describeRunService, updateCommand } from './gcloud.ts'

/** What a look-up is about. */
export interface LookedUp {
  readonly call: Pick<CallInputs, 'url' | 'tag'>
  readonly named: RunServiceName
  /** The audience of the token that was sent. */
  readonly audience: string
}

/** A fact, which goes behind the sentence of the failure, and what follows from it. */
interface Fact extends Explanation {
  readonly fact: string
}

interface Cause {
  readonly applies: (service: RunService, lookedUp: LookedUp) => boolean
  readonly explain: (service: RunService, lookedUp: LookedUp) => Fact
}

/** The failures about which the service itself can tell more than its answer does. */
const CAUSES: Partial<Readonly<Record<FailureCode, readonly Cause[]>>> = {
  EXPECTATION_FAILED: [
    { applies: (service) => service.trouble !== undefined, explain: newestNotReady },
    { applies: (service, { call }) => isOfOlderRevision(service, call.tag), explain: tagOfOlderRevision },
    { applies: (service, { call }) => call.tag === undefined && isPinned(service), explain: pinnedTraffic },
    { applies: (service) => service.isRollingOut, explain: rolloutUnfinished },
    { applies: (service, { call }) => call.tag === undefined && service.served.length > 1, explain: splitTraffic },
    { applies: () => true, explain: newestAnswers }
  ],
  NOT_REACHED: [
    { applies: (service, { call }) => isWithoutTag(service, call.tag), explain: noSuchTag },
    { applies: (service) => service.isDefaultUrlOff, explain: defaultUrlOff },
    { applies: (service) => service.ingress !== 'all', explain: closedIngress },
    { applies: () => true, explain: openToAll }
  ],
  TOKEN_REJECTED: [
    { applies: ({ audiences }, { audience }) => !audiences.includes(audience), explain: otherAudiences },
    { applies: () => true, explain: acceptedAudience }
  ],
  NOT_PRIVATE: [
    { applies: (service) => service.isInvokerCheckOff, explain: invokerCheckOff },
    { applies: () => true, explain: publicInvokers }
  ],
  SERVICE_UNAVAILABLE: [
    { applies: (service) => service.trouble !== undefined, explain: newestNotReady },
    { applies: (service) => service.isRollingOut, explain: rolloutUnfinished },
    { applies: () => true, explain: readyService }
  ]
}

/** Whether the Admin API can say more about a failure. */
export function isLookedUp(code: FailureCode): boolean {
  return code in CAUSES
}

/** The same failure with facts in the place of guesses. Its code never changes. */
export function withFacts(failure: Failure, lookUp: LookUp, lookedUp: LookedUp): Failure {
  const { text } = failure
  if (lookUp.kind === 'unknown')
    return new Failure({ ...text, details: [...(text.details ?? []), askForViewer(lookUp.principal, lookedUp)] })
  const fact = lookUp.kind === 'missing' ? missing(text.code, lookedUp) : findFact(text.code, lookUp.service, lookedUp)
  if (fact === undefined) return failure
  const { fact: words, ...explanation } = fact
  return new Failure({ ...text, sentence: `${text.sentence} ${words}`, ...explanation })
}

function findFact(code: FailureCode, service: RunService, lookedUp: LookedUp): Fact | undefined {
  return CAUSES[code]?.find(({ applies }) => applies(service, lookedUp))?.explain(service, lookedUp)
}

/** Google tells a caller with the right to see it that there is none. It explains a 404, and nothing else. */
function missing(code: FailureCode, { named: { name, region, project } }: LookedUp): Fact | undefined {
  if (code !== 'NOT_REACHED') return undefined
  return {
    fact: `Project ${project} has no service ${name} in ${region}.`,
    cause: 'The Cloud Run Admin API knows no such service: it was deleted, or url has another name, region or project.',
    remedy: 'Set url to the URL of a service that exists.',
    snippets: [inTerminal(`gcloud run services list --project=$(${projectId(project)})`)]
  }
}

/** One line for those who want facts, and nothing more: without the right to look, the guesses stay. */
function askForViewer(principal: string | undefined, { named: { name } }: LookedUp): string {
  return `Why ${name} answers so could not be looked up: grant roles/run.viewer on it${principal === undefined ? '' : ` to ${safeText(principal)}`}, and this step says it.`
}

function isPinned({ followsNewest, newestReady, served }: RunService): boolean {
  return !followsNewest && served.length > 0 && !served.some(({ revision }) => revision === newestReady)
}

function isOfOlderRevision({ tags, newestReady }: RunService, tag: string | undefined): boolean {
  const tagged = tags.find((each) => each.tag === tag)
  return tagged !== undefined && newestReady !== undefined && tagged.revision !== newestReady
}

function isWithoutTag({ tags }: RunService, tag: string | undefined): boolean {
  return tag !== undefined && !tags.some((each) => each.tag === tag)
}

function newestNotReady({ newest = 'The newest revision', trouble = '' }: RunService, { call }: LookedUp): Fact {
  return {
    fact: `Its newest revision ${newest} is not ready: ${trouble.replace(/\.$/, '')}.`,
    cause: `Cloud Run could not start ${newest}, so that another revision answers, or none.`,
    remedy: 'Fix what keeps the revision from starting, and deploy again.',
    snippets: [
      inTerminal(
        command(call.url, (_name, flags) => `gcloud run revisions describe ${newest} ${flags}`),
        command(call.url, (name, flags) => `gcloud run services logs read ${name} ${flags} --limit=50`)
      )
    ]
  }
}

function tagOfOlderRevision({ tags, newestReady = '' }: RunService, { call: { url, tag = '' } }: LookedUp): Fact {
  const revision = tags.find((each) => each.tag === tag)?.revision ?? ''
  return {
    fact: `The tag ${tag} leads to ${revision}; the newest revision is ${newestReady}.`,
    cause: `The deployment of ${newestReady} did not move the tag.`,
    remedy: `Move the tag ${tag} to ${newestReady}, or deploy with --tag=${tag}.`,
    snippets: [
      inTerminal(
        command(
          url,
          (name, flags) =>
            `gcloud run services update-traffic ${name} --update-tags=${shellWord(tag)}=${newestReady} ${flags}`
        )
      )
    ]
  }
}

function pinnedTraffic({ served, newestReady = 'the newest one' }: RunService, { call }: LookedUp): Fact {
  const revisions = served.map(({ revision }) => revision).join(', ')
  return {
    fact: `All traffic is pinned to ${revisions}; the newest revision ${newestReady} gets none.`,
    cause:
      'A rollback, or a deployment with --no-traffic, pinned the traffic; later revisions get none until it is released.',
    remedy: 'Send the traffic to the newest revision.',
    snippets: [
      inTerminal(command(call.url, (name, flags) => `gcloud run services update-traffic ${name} --to-latest ${flags}`))
    ]
  }
}

function rolloutUnfinished({ newest = 'of the last change' }: RunService, { call }: LookedUp): Fact {
  return {
    fact: `Its rollout of ${newest} is not finished.`,
    cause: 'Cloud Run is still carrying out the last change, so that the revision before it answers.',
    remedy: 'Raise deadline, so that the call is repeated until the new revision answers.',
    snippets: [
      inStep('deadline: 10m'),
      inTerminal(
        command(
          call.url,
          (name, flags) => `gcloud run services describe ${name} ${flags} --format="yaml(status.conditions)"`
        )
      )
    ]
  }
}

function splitTraffic({ served, newestReady = 'REVISION' }: RunService, { call }: LookedUp): Fact {
  const shares = served.map(({ revision, percent }) => `${revision} ${percent}%`).join(', ')
  return {
    fact: `Its traffic is split: ${shares}.`,
    cause: 'Each call reaches one of these revisions by chance.',
    remedy: 'Call one of them by a traffic tag (input tag), or send all traffic to one.',
    snippets: [
      inTerminal(
        command(
          call.url,
          (name, flags) => `gcloud run services update-traffic ${name} --update-tags=smoke=${newestReady} ${flags}`
        )
      ),
      inStep('tag: smoke')
    ]
  }
}

function newestAnswers({ newestReady = 'the newest revision' }: RunService, { call }: LookedUp): Fact {
  const who =
    call.tag === undefined ? `all traffic goes to ${newestReady}` : `the tag ${call.tag} leads to ${newestReady}`
  return {
    fact: `No old revision answers: ${who}, the newest revision, and it is ready.`,
    cause: `The answer is that of ${newestReady} itself.`,
    remedy: "Look at the service's log, or correct the expectation.",
    snippets: [
      inTerminal(command(call.url, (name, flags) => `gcloud run services logs read ${name} ${flags} --limit=50`))
    ]
  }
}

function noSuchTag({ tags, newestReady = 'REVISION' }: RunService, { call: { url, tag = '' } }: LookedUp): Fact {
  const known = tags.map((each) => each.tag).join(', ')
  return {
    fact: `The service has no traffic tag ${tag}${known === '' ? '' : `; it has ${known}`}.`,
    cause: 'The tag was never set, was removed, or is misspelled.',
    remedy: `Set the tag ${tag} on a revision, or correct the input tag.`,
    snippets: [
      inTerminal(
        command(
          url,
          (name, flags) =>
            `gcloud run services update-traffic ${name} --update-tags=${shellWord(tag)}=${newestReady} ${flags}`
        )
      )
    ]
  }
}

function defaultUrlOff(_service: RunService, { call }: LookedUp): Fact {
  return {
    fact: 'Its default run.app URL is disabled.',
    cause: 'The service is to be called by its own domain or load balancer only.',
    remedy: 'Set url to its domain, and audience to its run.app URL or a custom audience; or enable the default URL.',
    snippets: [inTerminal(updateCommand(call.url, '--default-url').replace('gcloud run', 'gcloud beta run'))]
  }
}

function closedIngress({ ingress }: RunService, { call }: LookedUp): Fact {
  return {
    fact: `Its ingress admits ${ingress} traffic only.`,
    cause: 'A hosted runner calls from the internet, which this setting keeps out, whatever token it has.',
    remedy:
      'Run the step on a network that the ingress admits, call the load balancer, or open the ingress; the invoker check stays.',
    snippets: [inTerminal(updateCommand(call.url, '--ingress=all'))]
  }
}

function openToAll(_service: RunService, { call: { url } }: LookedUp): Fact {
  const path = safeText(url.pathname)
  const isReserved = findReservation(url) !== undefined
  return {
    fact: `The service exists, its default URL is on and its ingress is open${isReserved ? `, so that it is the path ${path}` : ''}.`,
    cause: isReserved
      ? `Google's front end keeps the path ${path} for itself on *.run.app.`
      : 'The service is so young that its URL is not known everywhere yet, or VPC Service Controls keep the call out.',
    remedy: isReserved ? 'Serve the check under another path, such as /health.' : 'Run the job again in a minute.',
    snippets: isReserved
      ? [inStep(`url: ${safeText(url.origin)}/health`)]
      : [inTerminal(command(url, (name, flags) => `gcloud run services describe ${name} ${flags}`))]
  }
}

function otherAudiences({ audiences }: RunService, { audience, call }: LookedUp): Fact {
  const [best = ''] = audiences
  return {
    fact: `It accepts the audiences ${audiences.slice(0, 5).join(', ') || '(none)'}, and the token is for ${safeText(audience)}.`,
    cause: 'The audience of a token must be one of the URLs or custom audiences of the service.',
    remedy: best === '' ? 'Give the service a custom audience.' : `Set audience to ${best}.`,
    snippets:
      best === ''
        ? [inTerminal(updateCommand(call.url, `--add-custom-audiences=${shellWord(audience)}`))]
        : [inStep(`audience: ${best}`)]
  }
}

function acceptedAudience(_service: RunService, { audience, call }: LookedUp): Fact {
  return {
    fact: `The audience ${safeText(audience)} is one that it accepts, so that it is not the audience.`,
    cause:
      'Something before the service takes the token out or replaces it, or Google has not caught up with a change of the last minutes.',
    remedy: 'Run the job again; if it stays, see what stands between this machine and the service.',
    snippets: [inTerminal(command(call.url, (name, flags) => `gcloud run services describe ${name} ${flags}`))]
  }
}

function invokerCheckOff(_service: RunService, { call }: LookedUp): Fact {
  return {
    fact: 'Its invoker IAM check is disabled.',
    cause: 'While the check is disabled, callers need no roles/run.invoker: the policy of the service is not asked.',
    remedy: 'Turn the invoker IAM check on.',
    snippets: [inTerminal(updateCommand(call.url, '--invoker-iam-check'))]
  }
}

function publicInvokers(_service: RunService, { call }: LookedUp): Fact {
  return {
    fact: 'Its invoker IAM check is on, so that allUsers has roles/run.invoker.',
    cause: 'A binding on the service, its project or a folder above admits all callers.',
    remedy: 'Remove allUsers from roles/run.invoker.',
    snippets: [
      inTerminal(
        command(
          call.url,
          (name, flags) =>
            `gcloud run services remove-iam-policy-binding ${name} ${flags} --member=allUsers --role=roles/run.invoker`
        )
      )
    ]
  }
}

function readyService({ newestReady = 'its newest revision' }: RunService, { call }: LookedUp): Fact {
  return {
    fact: `Cloud Run calls the service ready, with ${newestReady} as its newest revision.`,
    cause: 'The instances fail or are too few while they serve; the deployment itself went well.',
    remedy: "Look at the service's log.",
    snippets: [
      inTerminal(command(call.url, (name, flags) => `gcloud run services logs read ${name} ${flags} --limit=50`))
    ]
  }
}

function command(url: URL, write: (name: string, flags: string) => string): string {
  const { name, region, project } = describeRunService(url)
  return write(name, `--region=${region}${project}`)
}

function projectId(number: string): string {
  return `gcloud projects describe ${number} --format="value(projectId)"`
}
