# Names only. Values are written by hand (`terraform/README.md` says how), so that no state and no plan ever holds one.

resource "aws_kms_key" "this" {
  description             = "${var.name}: secrets"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    # The account decides by its roles' policies, as AWS has it by default; said here so that a plan shows a change.
    Statement = [{
      Sid       = "Account"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

data "aws_caller_identity" "current" {}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-secrets"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:keys of gateways, bots and signatures are changed with those who hold the other half, by a runbook
  for_each = var.secrets

  name                    = "${var.name}/${each.key}"
  description             = "The setting ${each.key} of ${var.name}"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = var.recovery_days
}
