# What docs/quick-start.md makes with gcloud: a pool and a provider that admit the repositories of one owner, an account of which
# one of them may get ID tokens, and that account's right to call one service.

resource "google_project_service" "needed" {
  for_each = toset([
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "sts.googleapis.com",
  ])
  project            = var.project
  service            = each.key
  disable_on_destroy = false
}

# Who is admitted.

resource "google_iam_workload_identity_pool" "github" {
  project                   = var.project
  workload_identity_pool_id = var.pool
  depends_on                = [google_project_service.needed]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = var.provider_id

  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  attribute_condition = "assertion.repository_owner_id == '${var.repository_owner_id}' && (${var.attribute_condition})"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

# The account whose ID tokens they get.

resource "google_service_account" "caller" {
  project      = var.project
  account_id   = var.account
  display_name = "Calls ${var.service} from ${var.repository}"
  depends_on   = [google_project_service.needed]
}

locals {
  repository = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/attribute.repository/${var.repository}"
}

resource "google_service_account_iam_member" "repository" {
  service_account_id = google_service_account.caller.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.repository
}

# What that account may call.

resource "google_cloud_run_v2_service_iam_member" "caller" {
  project  = var.project
  location = var.region
  name     = var.service
  role     = "roles/run.invoker"
  member   = google_service_account.caller.member
}
