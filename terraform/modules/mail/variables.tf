variable "name" {
  type        = string
  description = "What everything is called by, marquee-production."
}

variable "domain" {
  type        = string
  description = "In whose name mail is sent, mail.acme.example."
}

variable "zone_id" {
  type        = string
  description = "Cloudflare's zone that the domain is in."
}

variable "from_address" {
  type        = string
  description = "The address within MAIL_FROM; nobody can send as another."

  validation {
    condition     = endswith(var.from_address, "@${var.domain}")
    error_message = "an address of the domain, else receivers refuse the mail"
  }
}

variable "dmarc_reports_to" {
  type        = string
  description = "Whom other mail servers tell of mail in our name that is not ours."
}

variable "api_url" {
  type        = string
  description = "Where the core answers, without a slash at the end: what came back is told there."
}

variable "alarm_topic_arn" {
  type = string
}

variable "alarms_kms_key_arn" {
  type        = string
  description = "Seals what could not be told of."
}
