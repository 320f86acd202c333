variable "name" {
  type        = string
  description = "What everything is called by, marquee-production."
}

variable "services" {
  type        = set(string)
  description = "Each of these, and the one-off migration, has a log of its own."
}

variable "log_retention_days" {
  type        = number
  description = "How long logs are kept. They name no customer, but they do say which order was when."

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 180, 365], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 7, 14, 30, 60, 90, 120, 180 or 365 days"
  }
}

variable "alarm_emails" {
  type        = set(string)
  description = "Who hears of alarms besides the chat that the core itself writes to."

  validation {
    condition     = length(var.alarm_emails) > 0
    error_message = "somebody must hear of alarms"
  }
}

variable "metrics_namespace" {
  type        = string
  description = "Under which the collectors beside the core's processes put its measurements."
}

variable "load_balancer" {
  type        = string
  description = "What CloudWatch calls the load balancer, app/marquee-production/50dc6c495c0c9188."
}
