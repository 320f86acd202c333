output "release" {
  description = "What runs after this is applied."
  value       = var.release
}

output "containers" {
  description = "What each task of the core runs, migrate included."
  value       = module.core.containers
}

output "migration" {
  description = "What the deployment runs, once, before services are updated."
  value       = module.core.migration
}

output "command" {
  description = "Where deploy/marquee.sh runs verbs of the core."
  value       = module.core.command
}

output "database_role" {
  description = "What deploy/database-role.sh runs, before the first migration."
  value       = module.core.database_role
}

output "services" {
  description = "What the deployment waits for, after that."
  value       = module.core.services
}

output "worker" {
  description = "What a version of the Workers is uploaded with (`deploy/worker.sh upload`), and where it is tried."
  value = {
    kv_namespace_id = module.edge.kv_namespace_id
    smoke_url       = "https://${var.account.smoke_host}"
    public_urls     = module.edge.public_urls
    vars = {
      MANIFEST_KEYS    = var.account.manifest_keys
      MIN_MANIFEST_SEQ = tostring(var.account.min_manifest_seq)
      LAST_RESORT      = var.account.last_resort
    }
    log_vars = {
      SQS_QUEUE_URL = module.log_pipeline.queue_url
    }
  }
}

output "database" {
  description = "As it is set up, and where its master's password is."
  value = {
    address           = module.database.address
    master_secret_arn = module.database.master_secret_arn
    is_multi_az       = module.database.is_multi_az
    is_protected      = module.database.is_protected
    backup_days       = module.database.backup_days
  }
}

output "by_hand" {
  description = "Whose keys and which secrets are made by hand: terraform/README.md says how."
  value = {
    secrets           = sort(local.secrets)
    database_url      = "postgres://marquee:PASSWORD@${module.database.address}:5432/marquee?sslmode=verify-full&sslrootcert=/usr/share/marquee/rds-certificates.pem"
    log_worker_user   = module.log_pipeline.log_worker_user
    smtp_user         = module.mail.smtp_user
    smtp_host         = module.mail.smtp_host
    bounce_connection = module.mail.bounce_connection
    # In whose zones others manage the rules: what they must block there.
    zone_rules = module.edge.rules_of_others
  }
}

output "metrics" {
  description = "Of the core's measurements: those that are brought to CloudWatch, and those that are looked at there."
  value = {
    collected = keys(module.core.metrics)
    asked_for = module.observability.metrics
    labels    = module.observability.metric_labels
  }
}

output "sizes" {
  value = var.sizes
}

output "nat_gateways" {
  value = var.network.nat_gateways
}
