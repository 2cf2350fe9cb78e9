# A private service, an account that may call it and one that may not, and a pool that lets one repository's main branch be
# either. README.md has the same as gcloud commands.

resource "google_project_service" "needed" {
  for_each = toset([
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "run.googleapis.com",
    "sts.googleapis.com",
  ])
  service            = each.key
  disable_on_destroy = false
}

# Who may come in.

resource "google_iam_workload_identity_pool" "github" {
  workload_identity_pool_id = "github-probe"
  depends_on                = [google_project_service.needed]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"

  attribute_mapping = {
    # Short whatever the branch is called: a subject has at most 127 bytes.
    "google.subject"          = "'repository/' + assertion.repository_id"
    "attribute.repository_id" = "assertion.repository_id"
  }
  attribute_condition = join(" && ", [
    "assertion.repository_id == '${var.repository_id}'",
    "assertion.repository_owner_id == '${var.repository_owner_id}'",
    "assertion.ref == 'refs/heads/main'",
  ])

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

# Whom they may be.

resource "google_service_account" "caller" {
  account_id   = "probe-caller"
  display_name = "Calls the probed service"
}

resource "google_service_account" "stranger" {
  account_id   = "probe-stranger"
  display_name = "May not call the probed service"
}

resource "google_service_account_iam_member" "impersonation" {
  for_each = {
    caller   = google_service_account.caller.name
    stranger = google_service_account.stranger.name
  }
  service_account_id = each.value
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/attribute.repository_id/${var.repository_id}"
}

# What they call.

resource "google_service_account" "service" {
  account_id   = "probe-service"
  display_name = "The probed service itself; it has no role"
}

resource "google_cloud_run_v2_service" "probed" {
  name                = "probed"
  location            = var.region
  deletion_protection = false

  template {
    service_account = google_service_account.service.email
    scaling {
      max_instance_count = 1
    }
    containers {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_cloud_run_v2_service_iam_member" "caller" {
  name     = google_cloud_run_v2_service.probed.name
  location = google_cloud_run_v2_service.probed.location
  role     = "roles/run.invoker"
  member   = google_service_account.caller.member
}
