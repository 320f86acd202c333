output "backend" {
  description = "For `terraform init -backend-config` of each environment, and GitHub's variables of the same names."
  value = {
    TF_STATE_BUCKET  = aws_s3_bucket.state.bucket
    TF_STATE_KMS_KEY = module.key.arn
    AWS_REGION       = var.region
  }
}

output "deploy_roles" {
  description = "The variable AWS_ROLE of each environment of GitHub's."
  value       = { for environment, role in aws_iam_role.deploy : environment => role.arn }
}

output "repository_url" {
  value = aws_ecr_repository.core.repository_url
}
