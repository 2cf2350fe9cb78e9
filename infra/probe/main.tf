# A private service, an account that is allowed to call it and one that is not, and a pool that lets one repository's main branch be
# either. README.md has the same as gcloud commands.

resource "google_project_service" "needed" {
  for_each           = toset(["iam.googleapis.com", "run.googleapis.com"])
  service            = each.key
  disable_on_destroy = false
}

# Who may come in, and the account that may call the service.

module "quick_start" {
  source              = "../quick-start"
  project             = var.project
  region              = google_cloud_run_v2_service.probed.location
  service             = google_cloud_run_v2_service.probed.name
  repository          = var.repository
  repository_owner_id = var.repository_owner_id
  attribute_condition = "assertion.repository_id == '${var.repository_id}' && assertion.ref == 'refs/heads/main'"
  pool                = "github-probe"
  provider_id         = "github"
  account             = "probe-caller"
}

# The repository may look the service up, so that a failed call explains itself.

resource "google_cloud_run_v2_service_iam_member" "viewer" {
  name     = google_cloud_run_v2_service.probed.name
  location = google_cloud_run_v2_service.probed.location
  role     = "roles/run.viewer"
  member   = module.quick_start.repository
}

# The account that is not allowed to.

resource "google_service_account" "stranger" {
  account_id   = "probe-stranger"
  display_name = "Not allowed to call the probed service"
  depends_on   = [google_project_service.needed]
}

resource "google_service_account_iam_member" "stranger" {
  service_account_id = google_service_account.stranger.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = module.quick_start.repository
}

# What they call.

resource "google_service_account" "service" {
  account_id   = "probe-service"
  display_name = "The probed service itself; it has no role"
  depends_on   = [google_project_service.needed]
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
