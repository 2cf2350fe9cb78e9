import { Failure } from '../../failure/failure.ts'
import { quoteRefusal } from '../../token/refusal.ts'
import type { Refusal } from '../../token/refusal.ts'
import { inTerminal } from '../../failure/snippets.ts'

/** The metadata server refused a token. */
export function metadataRefused(refusal: Refusal): Failure {
  const answer = quoteRefusal(refusal)
  if (/IAM returned 403|missing IAM policy binding/i.test(refusal.message)) {
    return new Failure({
      code: 'IMPERSONATION_DENIED',
      sentence: 'The Kubernetes service account of this pod may not impersonate its Google service account.',
      cause: 'GKE passes the identity on only with a binding on the Google service account.',
      remedy: 'Grant roles/iam.workloadIdentityUser on the Google service account to the Kubernetes service account.',
      snippets: [
        inTerminal(
          'kubectl get serviceaccounts --all-namespaces -o yaml | grep -B9 iam.gke.io/gcp-service-account   # shows both accounts',
          "gcloud iam service-accounts add-iam-policy-binding NAME@PROJECT.iam.gserviceaccount.com --member='serviceAccount:PROJECT.svc.id.goog[NAMESPACE/KUBERNETES_SERVICE_ACCOUNT]' --role=roles/iam.workloadIdentityUser"
        )
      ],
      answer
    })
  }
  if (refusal.status === 404) {
    return new Failure({
      code: 'CREDENTIALS_NOT_FOUND',
      sentence: 'No Google credential was found; this machine has a metadata server, but no service account.',
      cause: 'The machine was made without a service account, or somebody took it away.',
      remedy: 'Attach a service account to the machine, or give this step a credential of its own.',
      snippets: [
        inTerminal(
          'gcloud compute instances list   # shows INSTANCE and ZONE of each',
          'gcloud compute instances stop INSTANCE --zone=ZONE',
          'gcloud compute instances set-service-account INSTANCE --zone=ZONE --service-account=NAME@PROJECT.iam.gserviceaccount.com --scopes=cloud-platform',
          'gcloud compute instances start INSTANCE --zone=ZONE'
        )
      ],
      answer
    })
  }
  return new Failure({
    code: 'IMPERSONATION_DENIED',
    sentence: 'The metadata server of this machine refused a token of its service account.',
    cause: 'The account is disabled or deleted, or the server admits no such request from here.',
    remedy: 'Check the service account and the access scopes of the machine.',
    snippets: [
      inTerminal(
        'gcloud compute instances list   # shows INSTANCE and ZONE of each',
        'gcloud compute instances describe INSTANCE --zone=ZONE --format="yaml(serviceAccounts)"   # shows the account',
        'gcloud iam service-accounts describe NAME@PROJECT.iam.gserviceaccount.com --format="yaml(email, disabled)"'
      )
    ],
    answer
  })
}
