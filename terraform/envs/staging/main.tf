# Staging: as production in all but how much there is of it, and what it would cost to lose it.

locals {
  release = jsondecode(file("${path.module}/release.json"))
}

module "environment" {
  source = "../../modules/environment"

  environment = "staging"
  release     = local.release
  account     = var.account

  sizes = {
    api       = { cpu = 256, memory = 1024, least = 1, most = 2 }
    worker    = { cpu = 256, memory = 1024, least = 1, most = 2 }
    transcode = { cpu = 1024, memory = 2048, least = 1, most = 2 }
  }

  network = { cidr = "10.21.0.0/16", nat_gateways = 1, endpoints = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"] }

  database = {
    instance_class      = "db.t4g.small"
    storage_gb          = 20
    storage_gb_limit    = 100
    multi_az            = false
    backup_days         = 7
    deletion_protection = true
  }

  edge                 = { managed_rules = false }
  log_retention_days   = 14
  secret_recovery_days = 7
}
