output "address" {
  description = "The host within DATABASE_URL."
  value       = aws_db_instance.this.address
}

output "master_secret_arn" {
  description = "Where RDS keeps the master's password, with which the core's own role is made once."
  value       = one(aws_db_instance.this.master_user_secret[*].secret_arn)
}

output "security_group_id" {
  value = aws_security_group.this.id
}

output "kms_key_arn" {
  value = module.key.arn
}

output "is_multi_az" {
  value = aws_db_instance.this.multi_az
}

output "backup_days" {
  value = aws_db_instance.this.backup_retention_period
}

output "is_protected" {
  value = aws_db_instance.this.deletion_protection
}
