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
  value = module.key.arn
}

output "metrics" {
  description = "Of the core's own measurements, those that alarms and the dashboard ask for."
  value = toset(concat(
    [for alarm in values(local.alarms) : alarm.metric],
    [local.always_told],
    flatten([for widget in local.widgets : [for metric in widget.metrics : metric[1] if metric[0] == var.metrics_namespace]]),
  ))
}

output "metric_labels" {
  description = "By which labels alarms ask for them, besides the environment."
  value       = { for metric in distinct(values(local.alarms)[*].metric) : metric => flatten([for alarm in values(local.alarms) : keys(alarm.by) if alarm.metric == metric]) }
}
