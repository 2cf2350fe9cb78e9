output "workload_identity_provider" {
  description = "Value of the action's input of that name"
  value       = google_iam_workload_identity_pool_provider.github.name
}

output "service_account" {
  description = "Value of the action's input of that name"
  value       = google_service_account.caller.email
}

output "repository" {
  description = "The repository's jobs, as a member of a policy: for grants on further accounts"
  value       = local.repository
}
