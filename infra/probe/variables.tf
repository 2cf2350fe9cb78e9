variable "project" {
  description = "Id of a project that is used for nothing else"
  type        = string
}

variable "region" {
  description = "Where the service runs"
  type        = string
  default     = "europe-west1"
}

variable "repository" {
  description = "Repository whose workflow probes, as OWNER/NAME"
  type        = string
}

# Numbers, because a name can be given up and be taken by another:
#   gh api repos/OWNER/REPO --jq '.id, .owner.id'
variable "repository_id" {
  description = "Number of the repository whose workflow probes"
  type        = string

  validation {
    condition     = can(regex("^[0-9]+$", var.repository_id))
    error_message = "The repository is named by its number."
  }
}

variable "repository_owner_id" {
  description = "Number of the repository's owner"
  type        = string

  validation {
    condition     = can(regex("^[0-9]+$", var.repository_owner_id))
    error_message = "The owner is named by its number."
  }
}
