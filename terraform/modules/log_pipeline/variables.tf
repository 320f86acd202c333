variable "name" {
  type        = string
  description = "What everything is called by, marquee-production."
}

variable "max_receive_count" {
  type        = number
  default     = 10
  description = "How often a message is received before it is put with the dead letters."
}

variable "oldest_seconds" {
  type        = number
  default     = 300
  description = "Alarm when a message has waited for so long: hits are promised to be counted within five minutes."
}

variable "depth" {
  type        = number
  default     = 20000
  description = "Alarm when so many messages wait, of up to a hundred hits each."
}

variable "alarm_topic_arn" {
  type = string
}
