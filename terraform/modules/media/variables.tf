variable "name" {
  type        = string
  description = "What everything is called by, marquee-production."
}

variable "bucket" {
  type        = string
  description = "The bucket's name, which nobody else in the world may have."
}

variable "origins" {
  type        = list(string)
  description = "Whose pages put videos straight into the bucket and play them, https://www.example.com."

  validation {
    condition     = length(var.origins) > 0 && alltrue([for origin in var.origins : can(regex("^https://[a-z0-9.-]+$", origin))])
    error_message = "an origin is https:// and a host, without a path; `*` would let every page put videos"
  }
}

variable "noncurrent_days" {
  type        = number
  default     = 14
  description = "How long what was removed or overwritten can be had back. Who asked to be forgotten is so after this."

  validation {
    condition     = var.noncurrent_days >= 1 && var.noncurrent_days <= 30
    error_message = "1 to 30 days: who asked to be forgotten must not be kept for longer"
  }
}

variable "cdn" {
  type = object({
    hostname        = string
    certificate_arn = string
    public_key_pem  = string
    web_acl_arn     = optional(string)
  })
  default     = null
  description = "A CDN for what is published, by links that the private half of the key signed. None: links of S3 itself."
}
