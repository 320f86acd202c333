output "arns" {
  description = "By the name of the setting."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}

output "kms_key_arn" {
  value = module.key.arn
}
