import { Failure, type FailureText } from '../../failure/failure.ts'
import { accountWord, giveMachine, inTerminal, UNKNOWN_ACCOUNT } from '../../failure/snippets.ts'
import { quoteRefusal, quoteWords, type Refusal } from '../../token/refusal.ts'

/** The metadata server refused a token. */
export function metadataRefused(refusal: Refusal): Failure {
  return new Failure({ ...explain(refusal), answer: quoteRefusal(refusal) })
}

function explain(refusal: Refusal): FailureText {
  const words = quoteWords(refusal)
  if (/IAM returned 403|missing IAM policy binding/i.test(refusal.message)) {
    return {
      code: 'IMPERSONATION_DENIED',
      sentence: `The Kubernetes service account of this pod is not allowed to become its Google service account: ${words}.`,
      cause: 'GKE passes the identity on only with a binding on the Google service account.',
      remedy:
        'Grant roles/iam.workloadIdentityUser on the Google service account to serviceAccount:PROJECT.svc.id.goog[NAMESPACE/KUBERNETES_SERVICE_ACCOUNT].',
      snippets: [
        inTerminal(
          'grant the role; the first command shows which accounts belong together',
          'kubectl get serviceaccounts --all-namespaces -o yaml',
          `gcloud iam service-accounts add-iam-policy-binding ${accountWord(UNKNOWN_ACCOUNT)} --member='serviceAccount:PROJECT.svc.id.goog[NAMESPACE/KUBERNETES_SERVICE_ACCOUNT]' --role=roles/iam.workloadIdentityUser`
        )
      ]
    }
  }
  if (refusal.status === 404 && /iam\.gke\.io|annotat/i.test(refusal.message)) {
    return {
      code: 'CREDENTIALS_NOT_FOUND',
      sentence: `The Kubernetes service account of this pod stands for no Google service account: ${words}.`,
      cause: 'The annotation iam.gke.io/gcp-service-account is missing.',
      remedy: 'Annotate the Kubernetes service account with iam.gke.io/gcp-service-account, and restart the pod.',
      snippets: [
        inTerminal(
          'annotate the account',
          'kubectl annotate serviceaccount KUBERNETES_SERVICE_ACCOUNT --namespace=NAMESPACE iam.gke.io/gcp-service-account=NAME@PROJECT.iam.gserviceaccount.com'
        )
      ]
    }
  }
  if (refusal.status === 404) {
    return {
      code: 'CREDENTIALS_NOT_FOUND',
      sentence: 'No Google credential was found; this machine has a metadata server, but no service account (404).',
      cause: 'The machine was made without a service account, or the account was taken away.',
      remedy: 'Attach a service account to the machine, or set workload_identity_provider and service_account.',
      snippets: [giveMachine('--service-account=NAME@PROJECT.iam.gserviceaccount.com --scopes=cloud-platform')]
    }
  }
  return {
    code: 'IMPERSONATION_DENIED',
    sentence: `The metadata server of this machine refused a token of its service account: status ${refusal.status}, ${words}.`,
    cause: 'The account is disabled or deleted, or the server admits no such request from here.',
    remedy:
      'Check that the service account of the machine exists and is enabled, and the access scopes of the machine.',
    snippets: [
      inTerminal(
        'see account and scopes of the machine; the first command shows INSTANCE and ZONE',
        'gcloud compute instances list --project=PROJECT',
        'gcloud compute instances describe INSTANCE --zone=ZONE --project=PROJECT --format="yaml(serviceAccounts)"',
        `gcloud iam service-accounts describe ${accountWord(UNKNOWN_ACCOUNT)} --format="yaml(email, disabled)"`
      )
    ]
  }
}
