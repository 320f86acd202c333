# Names only. Values are written by hand (`terraform/README.md` says how), so that no state and no plan ever holds one.

module "key" {
  source = "../key"

  alias       = "${var.name}-secrets"
  description = "${var.name}: secrets"
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:keys of gateways, bots and signatures are changed with those who hold the other half, by a runbook
  for_each = var.secrets

  name                    = "${var.name}/${each.key}"
  description             = "The setting ${each.key} of ${var.name}"
  kms_key_id              = module.key.arn
  recovery_window_in_days = var.recovery_days
}
