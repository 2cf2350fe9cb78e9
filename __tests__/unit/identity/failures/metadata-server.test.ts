import { metadataRefused } from '../../../../src/identity/failures/metadata-server.ts'
import { readRefusal } from '../../../../src/token/refusal.ts'
import { answer } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'

const GKE =
  'Unable to generate access token; IAM returned 403 Forbidden: Permission denied. This error could be caused by a missing IAM policy binding on the target IAM service account.'

testFailures([
  [
    'a pod without binding',
    metadataRefused(readRefusal(answer(403, GKE))),
    'IMPERSONATION_DENIED',
    /Kubernetes service account .*: "Unable to generate.*Grant roles\/iam\.workloadIdentityUser/
  ],
  [
    'a pod without annotation',
    metadataRefused(readRefusal(answer(404, 'no iam.gke.io/gcp-service-account annotation'))),
    'CREDENTIALS_NOT_FOUND',
    /stands for no Google service account: .*Annotate the Kubernetes service account/,
    /^(?!.*compute instances)/
  ],
  [
    'a machine without account',
    metadataRefused(readRefusal(answer(404, '<title>Error 404 (Not Found)!!1</title>'))),
    'CREDENTIALS_NOT_FOUND',
    /no service account \(404\)\. Attach a service account/
  ],
  [
    'another refusal of the metadata server',
    metadataRefused(readRefusal(answer(403, HOSTILE))),
    'IMPERSONATION_DENIED',
    /status 403, "x/
  ]
])
