output "variables" {
  description = "Variables of the repository, see README.md"
  value = {
    PROBE_URL                        = google_cloud_run_v2_service.probed.uri
    PROBE_WORKLOAD_IDENTITY_PROVIDER = google_iam_workload_identity_pool_provider.github.name
    PROBE_SERVICE_ACCOUNT            = google_service_account.caller.email
    PROBE_STRANGER                   = google_service_account.stranger.email
  }
}
