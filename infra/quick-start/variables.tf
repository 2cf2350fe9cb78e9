variable "project" {
  description = "Id of the project that has the service, and gets the pool and the account"
  type        = string
}

variable "region" {
  description = "Region of the service"
  type        = string
}

variable "service" {
  description = "Name of the Cloud Run service that is to be called"
  type        = string
}

variable "repository" {
  description = "Repository whose workflows call the service, as OWNER/NAME, spelled as GitHub spells it"
  type        = string

  validation {
    condition     = can(regex("^[\\w.-]+/[\\w.-]+$", var.repository))
    error_message = "A repository is named OWNER/NAME."
  }
}

# A number, because a name can be given up and be taken by another: gh api users/OWNER --jq .id
variable "repository_owner_id" {
  description = "Number of the repository's owner"
  type        = string

  validation {
    condition     = can(regex("^[0-9]+$", var.repository_owner_id))
    error_message = "The owner is named by its number."
  }
}

variable "attribute_condition" {
  description = "What else must be true of a job, such as assertion.ref == 'refs/heads/main'"
  type        = string
  default     = "true"
}

variable "pool" {
  description = "Id of the workload identity pool to make"
  type        = string
  default     = "github"
}

variable "provider_id" {
  description = "Id of the pool's provider to make"
  type        = string
  default     = "github-actions"
}

variable "account" {
  description = "Id of the service account to make, whose ID tokens the workflows get"
  type        = string
  default     = "smoke-test"
}
