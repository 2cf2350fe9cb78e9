output "variables" {
  description = "Variables of the repository, see README.md"
  value = {
    PROBE_URL                        = google_cloud_run_v2_service.probed.uri
    PROBE_WORKLOAD_IDENTITY_PROVIDER = module.quick_start.workload_identity_provider
    PROBE_SERVICE_ACCOUNT            = module.quick_start.service_account
    PROBE_STRANGER                   = google_service_account.stranger.email
  }
}
