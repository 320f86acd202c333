output "smtp_host" {
  description = "The host within SMTP_URL."
  value       = "email-smtp.${data.aws_region.current.region}.amazonaws.com"
}

output "smtp_user" {
  description = "For whom a key is made by hand."
  value       = aws_iam_user.smtp.name
}

output "bounce_connection" {
  description = "To which the core's API key is written by hand."
  value       = aws_cloudwatch_event_connection.core.name
}
