import {
  explainBy,
  Failure,
  type Cause,
  type Explanation,
  type FailureCode,
  type Snippet
} from '../../failure/failure.ts'
import { inStep, inTerminal, projectById, shellWord } from '../../failure/snippets.ts'
import { safeText } from '../../guard/safe-text.ts'
import type { CallInputs } from '../../inputs/call-inputs.ts'
import { findReservation } from '../../inputs/service-url.ts'
import type { LookUp, RunService, RunServiceName } from '../cloud-run-service.ts'
import { adviseOtherPath } from './front-end.ts'
import { describeService, describeTarget, updateInvokers, showLog, updateCommand } from './gcloud.ts'

/** What a look-up is about. */
export interface LookedUp {
  readonly call: Pick<CallInputs, 'url' | 'tag'>
  readonly named: RunServiceName
  /** The audience of the token that was sent. */
  readonly audience: string
}

/** What is known after a look-up; `name` and `flags` are the service's, for commands. */
interface Facts extends RunService {
  readonly url: URL
  readonly tag: string | undefined
  readonly audience: string
  readonly name: string
  readonly flags: string
}

/** The failures about which the service itself can tell more than its answer does; a sentence is what the look-up adds. */
const CAUSES: Partial<Readonly<Record<FailureCode, readonly Cause<Facts>[]>>> = {
  EXPECTATION_FAILED: [
    { when: ({ trouble }) => trouble !== undefined, explain: newestNotReady },
    { when: isOfOlderRevision, explain: tagOfOlderRevision },
    { when: (facts) => facts.tag === undefined && isPinned(facts), explain: pinnedTraffic },
    { when: ({ isRollingOut }) => isRollingOut, explain: rolloutUnfinished },
    { when: ({ tag, served }) => tag === undefined && served.length > 1, explain: splitTraffic },
    { when: () => true, explain: newestAnswers }
  ],
  NOT_REACHED: [
    { when: ({ tag, tags }) => tag !== undefined && !tags.some((each) => each.tag === tag), explain: noSuchTag },
    { when: ({ isDefaultUrlOff }) => isDefaultUrlOff, explain: defaultUrlOff },
    { when: ({ ingress }) => ingress !== 'all', explain: closedIngress },
    { when: ({ url }) => findReservation(url) !== undefined, explain: reservedPath },
    { when: () => true, explain: openToAll }
  ],
  TOKEN_REJECTED: [
    { when: ({ audiences, audience }) => !audiences.includes(audience), explain: otherAudiences },
    { when: () => true, explain: acceptedAudience }
  ],
  NOT_PRIVATE: [
    { when: ({ isInvokerCheckOff }) => isInvokerCheckOff, explain: invokerCheckOff },
    { when: () => true, explain: publicInvokers }
  ],
  SERVICE_UNAVAILABLE: [
    { when: ({ trouble }) => trouble !== undefined, explain: newestNotReady },
    { when: ({ isRollingOut }) => isRollingOut, explain: rolloutUnfinished },
    { when: () => true, explain: readyService }
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
  const found = lookUp.kind === 'missing' ? missing(text.code, lookedUp) : explain(text.code, lookUp.service, lookedUp)
  if (found === undefined) return failure
  const { code, sentence, happened = sentence, answer, details } = text
  return new Failure({ code, answer, details, ...found, sentence: `${happened} ${found.sentence}` })
}

function explain(code: FailureCode, service: RunService, { call, audience }: LookedUp): Explanation | undefined {
  const { url, tag } = call
  const { name, flags } = describeTarget(url)
  return CAUSES[code] && explainBy(CAUSES[code], { ...service, url, tag, audience, name, flags })
}

/** Google tells a caller with the right to see it that there is none. It explains a 404, and nothing else. */
function missing(code: FailureCode, { named: { name, region, project } }: LookedUp): Explanation | undefined {
  if (code !== 'NOT_REACHED') return undefined
  return {
    sentence: `Project ${project} has no service ${name} in ${region}.`,
    cause: 'The Cloud Run Admin API knows no such service: it was deleted, or url has another name, region or project.',
    remedy: 'Set url to the URL of a service that exists.',
    snippets: [inTerminal('see the services', `gcloud run services list --project=${projectById(project)}`)]
  }
}

/** One line for those who want facts, and nothing more: without the right to look, the guesses stay. */
function askForViewer(principal: string | undefined, { named: { name } }: LookedUp): string {
  return `Why ${name} answers so could not be looked up: grant roles/run.viewer on it${principal === undefined ? '' : ` to ${safeText(principal)}`}, and this step says it.`
}

function isPinned({ followsNewest, newestReady, served }: Facts): boolean {
  return !followsNewest && served.length > 0 && !served.some(({ revision }) => revision === newestReady)
}

function isOfOlderRevision({ tags, newestReady, tag }: Facts): boolean {
  const tagged = tags.find((each) => each.tag === tag)
  return tagged !== undefined && newestReady !== undefined && tagged.revision !== newestReady
}

function newestNotReady({ newest, trouble = '', name, flags, url }: Facts): Explanation {
  return {
    sentence: `The newest revision${newest === undefined ? '' : ` ${newest}`} of ${name} is not ready: ${trouble.replace(/\.+$/, '')}.`,
    cause: 'Cloud Run could not start that revision, so that another revision answers, or none.',
    remedy: `Fix what keeps ${newest ?? 'the newest revision'} from starting, and deploy again.`,
    snippets: [
      showLog(url),
      inTerminal('see the revision', `gcloud run revisions describe ${newest ?? 'REVISION'}${flags}`)
    ]
  }
}

function tagOfOlderRevision({ tags, newestReady = '', tag = '', url }: Facts): Explanation {
  const revision = tags.find((each) => each.tag === tag)?.revision ?? ''
  return {
    sentence: `The tag ${tag} leads to ${revision}; the newest revision is ${newestReady}.`,
    cause: `The deployment of ${newestReady} did not move the tag.`,
    remedy: `Move the tag ${tag} to ${newestReady}, or deploy with --tag=${tag}.`,
    snippets: [moveTag(url, tag, newestReady)]
  }
}

function pinnedTraffic({ served, newestReady = 'the newest one', name, url }: Facts): Explanation {
  const revisions = served.map(({ revision }) => revision).join(', ')
  return {
    sentence: `All traffic of ${name} is pinned to ${revisions}; the newest revision ${newestReady} gets none.`,
    cause:
      'A rollback, or a deployment with --no-traffic, pinned the traffic; later revisions get none until it is released.',
    remedy: `Send the traffic of ${name} to the newest revision.`,
    snippets: [inTerminal('release the traffic', trafficCommand(url, '--to-latest'))]
  }
}

function rolloutUnfinished({ newest = 'of the last change', name, flags }: Facts): Explanation {
  return {
    sentence: `The rollout of ${newest} is not finished.`,
    cause: 'Cloud Run is still carrying out the last change, so that the revision before it answers.',
    remedy: 'Raise deadline, so that the call is repeated until the new revision answers.',
    snippets: [
      inStep('deadline: 10m'),
      inTerminal('see how far it is', `gcloud run services describe ${name}${flags} --format="yaml(status.conditions)"`)
    ]
  }
}

function splitTraffic({ served, newestReady, name, url }: Facts): Explanation {
  const shares = served.map(({ revision, percent }) => `${revision} ${percent}%`).join(', ')
  return {
    sentence: `The traffic of ${name} is split: ${shares}.`,
    cause: 'Each call reaches one of these revisions by chance.',
    remedy: 'Call one revision by a traffic tag (input tag), or send all traffic to one revision.',
    snippets: [moveTag(url, 'smoke', newestReady), inStep('tag: smoke')]
  }
}

function newestAnswers({ newestReady = 'the newest revision', tag, url }: Facts): Explanation {
  const who = tag === undefined ? `all traffic goes to ${newestReady}` : `the tag ${tag} leads to ${newestReady}`
  return {
    sentence: `No old revision answers: ${who}, the newest revision, which is ready.`,
    cause: `The answer is that of ${newestReady} itself.`,
    remedy: "Look at the service's log, or correct the expectation.",
    snippets: showLog(url)
  }
}

function noSuchTag({ tags, newestReady, name, tag = '', url }: Facts): Explanation {
  const known = tags.map((each) => each.tag).join(', ')
  return {
    sentence: `The service ${name} has no traffic tag ${tag}${known === '' ? '' : `; its tags are ${known}`}.`,
    cause: 'The tag was never set, was removed, or is misspelled.',
    remedy: `Set the tag ${tag} on a revision, or correct the input tag.`,
    snippets: [moveTag(url, tag, newestReady)]
  }
}

function defaultUrlOff({ name, url }: Facts): Explanation {
  return {
    sentence: `The default run.app URL of ${name} is disabled.`,
    cause: 'The service is to be called by its own domain or load balancer only.',
    remedy: `Set url to the domain of ${name}, and audience to the run.app URL or a custom audience; or enable the default URL.`,
    snippets: [inTerminal('enable the default URL', updateCommand(url, '--default-url', 'beta '))]
  }
}

function closedIngress({ ingress, name, url }: Facts): Explanation {
  return {
    sentence: `The ingress of ${name} admits ${ingress} traffic only.`,
    cause: 'A hosted runner calls from the internet, which this setting keeps out, whatever token it has.',
    remedy:
      'Run the step on a network that the ingress admits, call the load balancer, or open the ingress; the invoker check stays.',
    snippets: [inTerminal('open the ingress', updateCommand(url, '--ingress=all'))]
  }
}

function reservedPath({ url }: Facts): Explanation {
  return {
    sentence: `The service exists, its default URL is on and its ingress is open: the path ${safeText(url.pathname)} is reserved by Google on *.run.app.`,
    ...adviseOtherPath(url)
  }
}

function openToAll({ url }: Facts): Explanation {
  return {
    sentence: 'The service exists, its default URL is on and its ingress is open.',
    remedy:
      'Run the job again in a minute, because a new URL is not known everywhere at once; if the 404 stays, ask an administrator about VPC Service Controls.',
    snippets: describeService(url)
  }
}

function otherAudiences({ audiences, audience, name, url }: Facts): Explanation {
  const [best] = audiences
  return {
    sentence: `The service ${name} accepts the audiences ${audiences.slice(0, 5).join(', ') || '(none)'}, and the token is for ${safeText(audience)}.`,
    cause: 'The audience of a token must be one of the URLs or custom audiences of the service.',
    remedy: best === undefined ? `Give ${name} a custom audience.` : `Set audience to ${best}.`,
    snippets:
      best === undefined
        ? [inTerminal('add the audience', updateCommand(url, `--add-custom-audiences=${shellWord(audience)}`))]
        : [inStep(`audience: ${best}`)]
  }
}

function acceptedAudience({ audience, name, url }: Facts): Explanation {
  return {
    sentence: `The audience ${safeText(audience)} is one that ${name} accepts, so that the audience is not the cause.`,
    cause:
      'Something before the service takes the token out or replaces it, or Google has not caught up with a change of the last minutes.',
    remedy: 'Run the job again; if the refusal stays, see what stands between this machine and the service.',
    snippets: describeService(url)
  }
}

function invokerCheckOff({ name, url }: Facts): Explanation {
  return {
    sentence: `The invoker IAM check of ${name} is disabled.`,
    cause: 'While the check is disabled, callers need no roles/run.invoker: the policy of the service is not asked.',
    remedy: `Turn the invoker IAM check of ${name} on.`,
    snippets: [inTerminal('turn the check on', updateCommand(url, '--invoker-iam-check'))]
  }
}

function publicInvokers({ name, url }: Facts): Explanation {
  return {
    sentence: `The invoker IAM check of ${name} is on, so that allUsers has roles/run.invoker.`,
    cause: 'A binding on the service, its project or a folder above admits all callers.',
    remedy: `Remove allUsers from roles/run.invoker on ${name}.`,
    snippets: [inTerminal('remove allUsers', updateInvokers(url, 'remove', 'allUsers'))]
  }
}

function readyService({ newestReady = 'its newest revision', url }: Facts): Explanation {
  return {
    sentence: `Cloud Run calls the service ready, with ${newestReady} as its newest revision.`,
    cause: 'The instances fail or are too few while they serve; the deployment itself went well.',
    remedy: "Look at the service's log.",
    snippets: showLog(url)
  }
}

function moveTag(url: URL, tag: string, revision = 'REVISION'): Snippet {
  return inTerminal('set the tag', trafficCommand(url, `--update-tags=${shellWord(`${tag}=${revision}`)}`))
}

function trafficCommand(url: URL, flag: string): string {
  const { name, flags } = describeTarget(url)
  return `gcloud run services update-traffic ${name}${flags} ${flag}`
}
