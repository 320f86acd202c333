variable "account_id" {
  type = string
}

variable "region" {
  type = string
}

variable "state_bucket" {
  type        = string
  description = "For the states of all environments; a name that nobody else in the world has."
}

variable "repository" {
  type        = string
  description = "On GitHub, whose workflows deploy: acme/marquee."

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.repository))
    error_message = "owner and name, acme/marquee: a star would let others deploy"
  }
}

variable "environments" {
  type        = set(string)
  default     = ["staging", "production"]
  description = "Each gets a role, which only jobs of GitHub's environment of the same name can take on."
}
