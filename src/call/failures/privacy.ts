import { Failure, type Advice } from '../../failure/failure.ts'
import { explainPerimeter, isPerimeter } from '../../failure/perimeter.ts'
import { inStep, inTerminal } from '../../failure/snippets.ts'
import { safeText, safeUrl } from '../../guard/safe-text.ts'
import type { CallInputs } from '../../inputs/call-inputs.ts'
import { isCloudRunUrl } from '../../inputs/service-url.ts'
import { describeStatus, type Answer } from '../../world/outcome.ts'
import { whoAnswered } from '../responder.ts'
import { quote } from './failed-call.ts'
import { explainNotReached } from './front-end.ts'
import { describeTarget, updateInvokers, updateCommand } from './gcloud.ts'
import { explainInfrastructure } from './infrastructure.ts'

/** A call without a token was not refused by Google. */
export function notPrivate(url: URL, method: string, answer: Answer): Failure {
  return new Failure({
    code: 'NOT_PRIVATE',
    sentence: `assert_private is not met: ${safeUrl(url)} answered a ${method} without a token with ${describeStatus(answer.status)}${isOwnRefusal(answer) ? ', and that refusal comes from behind the check of Google' : ''}; Google did not refuse the call.`,
    ...explain(url, answer)
  })
}

/** Google answered a call without a token, but not with a refusal: a public service would have given the same answer. */
export function notRefused({ url, tag }: Pick<CallInputs, 'url' | 'tag'>, answer: Answer): Failure {
  const text = answer.body.toString('utf8')
  const answered = `Google answered a call of ${safeUrl(url)} without a token with ${describeStatus(answer.status)}, which is no refusal of the caller, so that the service is not known to be private`
  return new Failure({
    code: 'NOT_REACHED',
    ...(isPerimeter(text)
      ? explainPerimeter(answered, 'the service, or something behind it', text)
      : whoAnswered(answer, text) === 'front end'
        ? explainNotReached({ url, tag, service: url, text, exists: undefined, answered })
        : explainInfrastructure(answered, url, answer.status, text)),
    answer: quote({ status: answer.status, text })
  })
}

function explain(url: URL, answer: Answer): Advice {
  const { status, headers } = answer
  const closing = closeService(url)
  if (whoAnswered(answer, answer.body.toString('utf8')) === 'gateway') {
    return {
      cause:
        'Google let the call through, and a gateway that runs on Cloud Run refused; that is not the check by which a service is private.',
      remedy:
        'Set assert_private for the URL of the service behind the gateway, and leave assert_private out for the gateway.',
      snippets: [inStep("assert_private: 'false'")]
    }
  }
  if (status >= 300 && status < 400) {
    const location = safeText(headers['location'] ?? '')
    return {
      cause: `What redirects${location === '' ? '' : ` to ${location}`} is open to everybody; this call does not tell what is behind the redirect.`,
      remedy: `Set url to ${location.startsWith('https://') ? location : 'the address that answers without a redirect'}${isCloudRunUrl(url) ? ', or close the service to the public' : ''}.`,
      snippets: closing.snippets
    }
  }
  if (isOwnRefusal(answer)) {
    return {
      cause:
        "Google let the call through: the refusal is the application's own, or that of something else behind Google, and does not make the service private.",
      ...closing
    }
  }
  return {
    cause:
      'The call went through to the application: everybody may invoke the service (allUsers), or its invoker check is off.',
    ...closing
  }
}

/** Something behind Google's check refused. */
function isOwnRefusal({ status }: Answer): boolean {
  return status === 401 || status === 403
}

/** How to close to the public what is behind a URL. */
function closeService(url: URL): Required<Pick<Advice, 'remedy' | 'snippets'>> {
  const { kind, search } = describeTarget(url)
  const removal = updateInvokers(url, 'remove', 'allUsers')
  if (kind === 'function')
    return {
      remedy: "Remove allUsers from the function's invokers.",
      snippets: [inTerminal('remove allUsers', removal)]
    }
  const commands = [removal, updateCommand(url, '--invoker-iam-check')]
  return isCloudRunUrl(url)
    ? {
        remedy: `Remove allUsers from roles/run.invoker; if that binding does not exist, the invoker IAM check is off: turn the check on (${updateCommand(url, '--invoker-iam-check')}).`,
        snippets: [inTerminal('close the service', ...commands), search]
      }
    : {
        remedy: `Remove allUsers from the invokers of the service behind ${safeText(url.host)}, or switch Identity-Aware Proxy on.`,
        snippets: [inTerminal('close the service, where Cloud Run is behind the domain', ...commands), search]
      }
}
