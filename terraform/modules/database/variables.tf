variable "name" {
  type        = string
  description = "What everything is called by, marquee-production."
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets that lead nowhere, in two zones at least."
}

variable "client_security_group_ids" {
  type        = map(string)
  description = "Who may connect, by a name that is known before they are made."
}

variable "instance_class" {
  type = string
}

variable "storage_gb" {
  type        = number
  description = "At first; it grows by itself to `storage_gb_limit`."
}

variable "storage_gb_limit" {
  type = number

  validation {
    condition     = var.storage_gb_limit > var.storage_gb
    error_message = "give more than storage_gb: hits of a busy week must not fill the disk"
  }
}

variable "multi_az" {
  type        = bool
  description = "A second one in another zone, which takes over within about a minute."
}

variable "backup_days" {
  type        = number
  description = "How far back the database can be restored to any second."

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "RDS keeps 35 days at most, and less than a week is gone before somebody notices"
  }
}

variable "deletion_protection" {
  type = bool
}

variable "connections_limit" {
  type        = number
  description = "Alarm above this many connections."
}

variable "alarm_topic_arn" {
  type = string
}
