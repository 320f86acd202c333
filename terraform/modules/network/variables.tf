variable "name" {
  type        = string
  description = "What everything is called by, marquee-production."
}

variable "cidr" {
  type        = string
  default     = "10.20.0.0/16"
  description = "Addresses of the network; a /16, of which each subnet gets a /20."

  validation {
    condition     = can(cidrnetmask(var.cidr)) && endswith(var.cidr, "/16")
    error_message = "give a /16, such as 10.20.0.0/16"
  }
}

variable "availability_zones" {
  type        = list(string)
  description = "Names of the zones to be in: two at least, which the load balancer and Postgres ask for."

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 4
    error_message = "give two to four zones"
  }
}

variable "nat_gateways" {
  type        = number
  description = "One for each zone keeps a lost zone from taking the others' way out; one in all is cheaper."

  validation {
    condition     = var.nat_gateways >= 1
    error_message = "the core talks to Cloudflare, the gateway and the mail server: it needs one way out at least"
  }
}

variable "endpoints" {
  type        = set(string)
  default     = []
  description = "Services of AWS that are reached without the NAT gateways, such as sqs or ecr.dkr. S3 always is."
}

variable "buckets" {
  type        = set(string)
  description = "Buckets that can be reached from within, by their names; no other."
}

variable "log_retention_days" {
  type        = number
  description = "How long it is kept who talked to whom."
}

variable "logs_kms_key_arn" {
  type        = string
  description = "The key that seals logs."
}
