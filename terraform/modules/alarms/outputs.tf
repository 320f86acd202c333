output "all" {
  description = "By the names that they were given."
  value       = aws_cloudwatch_metric_alarm.this
}
