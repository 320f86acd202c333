variable "alias" {
  type        = string
  description = "What it is called by, marquee-production-database."
}

variable "description" {
  type        = string
  description = "What it seals, for people."
}

variable "statements" {
  type        = any
  default     = []
  description = "Of its policy, besides the account's own: services that seal by it in nobody's name."

  validation {
    condition     = alltrue([for statement in var.statements : try(keys(statement.Principal) == ["Service"] && statement.Effect == "Allow" && length(keys(statement.Condition)) > 0, false)])
    error_message = "let in services of AWS's only, each on a condition: another account's would do else"
  }
}
