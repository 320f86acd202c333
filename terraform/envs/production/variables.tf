variable "aws" {
  type        = object({ account_id = string, region = string })
  description = "Where this environment is, and nowhere else."
}

# Passed on whole: modules/environment/variables.tf says what is in it.
variable "account" {
  type        = any
  description = "What is this owner's: hosts, zones, addresses. In account.auto.tfvars."
}
