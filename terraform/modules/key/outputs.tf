output "arn" {
  value = aws_kms_key.this.arn
}

output "policy" {
  description = "Who may use it."
  value       = aws_kms_key.this.policy
}
