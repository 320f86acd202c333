output "log_groups" {
  description = "Name and ARN by service."
  value = { for service, group in aws_cloudwatch_log_group.service : service => {
    name = group.name
    arn  = group.arn
  } }
}

output "metrics_log_group" {
  value = {
    name = aws_cloudwatch_log_group.metrics.name
    arn  = aws_cloudwatch_log_group.metrics.arn
  }
}

output "alarm_topic_arn" {
  value = aws_sns_topic.alarms.arn
}

output "kms_key_arn" {
  value = aws_kms_key.this.arn
}
