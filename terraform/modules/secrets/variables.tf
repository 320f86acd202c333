variable "name" {
  type        = string
  description = "What everything is called by, marquee-production."
}

variable "secrets" {
  type        = set(string)
  description = "Names of settings whose values only Secrets Manager has."

  validation {
    condition     = alltrue([for name in var.secrets : can(regex("^[A-Z][A-Z0-9_]+$", name))])
    error_message = "a secret is called as the setting that it is, DATABASE_URL"
  }
}

variable "recovery_days" {
  type        = number
  description = "How long a removed secret can be had back."
}
