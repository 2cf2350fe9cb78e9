import { isCloudRunUrl } from '../../inputs/service-url.ts'
import { whoAnswered } from '../responder.ts'
import { describeStatus } from '../../world/outcome.ts'
import { Failure } from '../../failure/failure.ts'
import type { Explanation, Snippet } from '../../failure/failure.ts'
import type { Answer } from '../../world/outcome.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import type { CallInputs } from '../../inputs/call-inputs.ts'
import { explainNotReached } from './front-end.ts'
import { explainInfrastructure } from './infrastructure.ts'
import { quote } from './failed-call.ts'
import { describeFunction, describeRunService, updateCommand } from './gcloud.ts'
import { inStep, inTerminal } from '../../failure/snippets.ts'

/** A call without a token was not refused by Google. */
export function notPrivate(url: URL, method: string, answer: Answer): Failure {
  return new Failure({
    code: 'NOT_PRIVATE',
    sentence: `${safeUrl(url)} answered a ${method} without a token with ${describeStatus(answer.status)}; Google did not refuse the call.`,
    ...explain(url, answer)
  })
}

/** Google answered a call without a token, and refused nobody: a public service would have given the same answer. */
export function notRefused({ url, tag }: Pick<CallInputs, 'url' | 'tag'>, answer: Answer): Failure {
  const text = answer.body.toString('utf8')
  return new Failure({
    code: 'NOT_REACHED',
    sentence: `Google answered a call of ${safeUrl(url)} without a token with ${describeStatus(answer.status)}, which refuses nobody: whether the service is private is not known.`,
    ...(whoAnswered(answer, text) === 'front end'
      ? explainNotReached({ url, tag }, url, text)
      : explainInfrastructure(url, answer.status, text)),
    answer: quote({ status: answer.status, text })
  })
}

function explain(url: URL, answer: Answer): Explanation {
  const { status, headers } = answer
  if (whoAnswered(answer, answer.body.toString('utf8')) === 'gateway') {
    return {
      cause:
        'A gateway in front of the service refused; that is not the check of Google by which a service is private.',
      remedy: 'Set assert_private for the URL of the service behind the gateway, and leave it out for the gateway.',
      snippets: [inStep('assert_private: false')]
    }
  }
  if (status >= 300 && status < 400) {
    const location = safeText(headers['location'] ?? '')
    return {
      cause: `Whatever redirects${location === '' ? '' : ` to ${location}`} is open to everybody; what is behind it, this call does not tell.`,
      remedy: `Set url to ${location.startsWith('https://') ? location : 'the address that answers without a redirect'}${isCloudRunUrl(url) ? ', or close the service to the public' : ''}.`,
      snippets: closeService(url)
    }
  }
  if (status === 401 || status === 403) {
    return {
      cause:
        "Google let the call through: the refusal is the application's own, or that of something else behind Google.",
      remedy: `${closeRemedy(url)} The application's own check does not make it private.`,
      snippets: closeService(url)
    }
  }
  return {
    cause:
      status >= 200 && status < 300
        ? 'Everybody may invoke the service (allUsers), or its invoker check is switched off.'
        : 'The call went through to the application: everybody may invoke it (allUsers), or its invoker check is off.',
    remedy: closeRemedy(url),
    snippets: closeService(url)
  }
}

function closeRemedy(url: URL): string {
  return isCloudRunUrl(url) || describeFunction(url) !== undefined
    ? 'Take the right away from the public (allUsers), and let the invoker check run.'
    : 'Take the invoker role away from allUsers on whatever is behind the domain, or switch Identity-Aware Proxy on.'
}

function closeService(url: URL): Snippet[] {
  const named = describeFunction(url)
  if (named !== undefined) {
    return [inTerminal(`gcloud functions remove-invoker-policy-binding ${named.name} ${named.flags} --member=allUsers`)]
  }
  const { name, region, project, search } = describeRunService(url)
  return [
    inTerminal(
      ...(isCloudRunUrl(url)
        ? search
        : [
            '# Where a Cloud Run service is behind the domain:',
            'gcloud run services list   # shows SERVICE and REGION of each'
          ]),
      `gcloud run services remove-iam-policy-binding ${name} --region=${region} --member=allUsers --role=roles/run.invoker${project}`,
      updateCommand(url, '--invoker-iam-check')
    )
  ]
}
