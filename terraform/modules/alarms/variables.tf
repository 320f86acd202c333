variable "name" {
  type        = string
  description = "What each begins with, marquee-production."
}

variable "topic_arn" {
  type        = string
  description = "Who hears of them."
}

variable "alarms" {
  type = map(object({
    # What it means and what to do, for whoever is woken by it.
    says       = string
    namespace  = string
    metric     = string
    dimensions = map(string)
    # `stat` of so many minutes, so many times in a row, compared with the threshold.
    stat      = string
    minutes   = number
    times     = optional(number, 1)
    compare   = optional(string, "GreaterThanThreshold")
    threshold = number
    # Silence is no alarm, unless it is said to be.
    missing = optional(string, "notBreaching")
  }))
  description = "By their names."

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : length(alarm.says) > 0])
    error_message = "say what an alarm means: whoever is woken by it reads that first"
  }
}
