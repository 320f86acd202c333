# Production: a zone may be lost, and a mistake be taken back.

locals {
  release = jsondecode(file("${path.module}/release.json"))
}

module "environment" {
  source = "../../modules/environment"

  environment = "production"
  release     = local.release
  account     = var.account

  sizes = {
    api       = { cpu = 1024, memory = 2048, least = 2, most = 8 }
    worker    = { cpu = 1024, memory = 2048, least = 2, most = 8 }
    transcode = { cpu = 4096, memory = 8192, least = 1, most = 10 }
  }

  network = { cidr = "10.20.0.0/16", nat_gateways = 2, endpoints = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs"] }

  database = {
    instance_class      = "db.m7g.large"
    storage_gb          = 100
    storage_gb_limit    = 1000
    multi_az            = true
    backup_days         = 30
    deletion_protection = true
  }

  edge                 = { managed_rules = true }
  log_retention_days   = 90
  secret_recovery_days = 30
}
