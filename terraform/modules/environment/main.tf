# One environment, whole: the other modules put together. What differs between environments is a variable and stands in
# envs/, side by side; what is here is the same in all of them.

data "aws_region" "current" {}

# Made by bootstrap/, for all environments: what production runs is byte for byte what staging ran.
data "aws_ecr_repository" "core" {
  name = "marquee"
}

locals {
  name              = "marquee-${var.environment}"
  metrics_namespace = "Marquee"
  processes         = ["api", "worker", "transcode"]
  # The core's image has the same file.
  authority_pem = trimspace(regex("\n# ${data.aws_region.current.region}\n([^#]+)", file("${path.module}/../../../docker/rds-certificates.pem"))[0])
}

module "observability" {
  source = "../observability"

  name               = local.name
  services           = concat(local.processes, ["migrate"])
  log_retention_days = var.log_retention_days
  alarm_emails       = var.account.alarm_emails
  metrics_namespace  = local.metrics_namespace
  load_balancer      = module.core.load_balancer.dimension
}

module "network" {
  source = "../network"

  name               = local.name
  cidr               = var.network.cidr
  availability_zones = var.account.availability_zones
  nat_gateways       = var.network.nat_gateways
  endpoints          = var.network.endpoints
  buckets            = [var.account.bucket]
  log_retention_days = var.log_retention_days
  logs_kms_key_arn   = module.observability.kms_key_arn
}

module "secrets" {
  source = "../secrets"

  name          = local.name
  secrets       = local.secrets
  recovery_days = var.secret_recovery_days
}

module "database" {
  source = "../database"

  name                      = local.name
  vpc_id                    = module.network.vpc_id
  subnet_ids                = module.network.database_subnet_ids
  client_security_group_ids = module.core.security_group_ids
  instance_class            = var.database.instance_class
  storage_gb                = var.database.storage_gb
  storage_gb_limit          = var.database.storage_gb_limit
  multi_az                  = var.database.multi_az
  backup_days               = var.database.backup_days
  deletion_protection       = var.database.deletion_protection
  # A worker keeps one connection for each of its seven roles besides its pool.
  connections_limit = sum([for size in values(var.sizes) : size.most * (var.pool_size + 7)])
  alarm_topic_arn   = module.observability.alarm_topic_arn
}

module "log_pipeline" {
  source = "../log_pipeline"

  name            = local.name
  alarm_topic_arn = module.observability.alarm_topic_arn
}

module "media" {
  source = "../media"

  name    = local.name
  bucket  = var.account.bucket
  origins = distinct([var.account.site_url, local.api_url])
}

module "mail" {
  source = "../mail"

  name               = local.name
  domain             = var.account.mail_domain
  zone_id            = var.account.zone_id
  from_address       = one(regex("<?([^<> ]+@[^<> ]+)>?$", var.account.mail_from))
  dmarc_reports_to   = split(",", var.account.staff_email)[0]
  api_url            = local.api_url
  alarm_topic_arn    = module.observability.alarm_topic_arn
  alarms_kms_key_arn = module.observability.kms_key_arn
}

module "edge" {
  source = "../edge"

  environment             = var.environment
  account_id              = var.account.cloudflare_account_id
  zones                   = var.account.zones
  requests_in_ten_seconds = var.edge.requests_in_ten_seconds
  managed_rules           = var.edge.managed_rules
  smoke_host              = var.account.smoke_host
}

module "core" {
  source = "../core_service"

  name                        = local.name
  image                       = "${data.aws_ecr_repository.core.repository_url}@${var.release.image_digest}"
  repository_arn              = data.aws_ecr_repository.core.arn
  vpc_id                      = module.network.vpc_id
  public_subnet_ids           = module.network.public_subnet_ids
  private_subnet_ids          = module.network.private_subnet_ids
  s3_prefix_list_id           = module.network.s3_prefix_list_id
  endpoints_security_group_id = module.network.endpoints_security_group_id
  certificate_arn             = aws_acm_certificate_validation.api.certificate_arn
  access_logs_bucket          = module.media.logs_bucket
  environment                 = local.settings
  secrets                     = module.secrets.arns
  secrets_kms_key_arn         = module.secrets.kms_key_arn
  sizes                       = var.sizes
  database = {
    master_secret_arn = module.database.master_secret_arn
    kms_key_arn       = module.database.kms_key_arn
    security_group_id = module.database.security_group_id
    authority_pem     = local.authority_pem
    client_image      = var.account.postgres_image
  }
  log_groups         = module.observability.log_groups
  bucket_arn         = module.media.bucket_arn
  bucket_kms_key_arn = module.media.kms_key_arn
  queue = {
    name     = module.log_pipeline.queue_name
    arn      = module.log_pipeline.queue_arn
    dead_arn = module.log_pipeline.dead_queue_arn
  }
  alarm_topic_arn = module.observability.alarm_topic_arn
  collector = {
    image     = var.account.collector_image
    namespace = local.metrics_namespace
    log_group = module.observability.metrics_log_group
  }
}
