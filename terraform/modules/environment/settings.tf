# What the core is told. `cargo xtask terraform` holds these names against the program's own (core/src/config): one that it
# does not know, and one that it needs outside of a developer's machine and does not get, fail the tests.

locals {
  api_url = "https://${var.account.api_host}"

  settings = merge(
    {
      # Of AWS's own library, for S3 and SQS.
      AWS_REGION                     = data.aws_region.current.region
      MARQUEE_ENV                    = var.environment
      MARQUEE_BASE_URL               = local.api_url
      MARQUEE_SITE_URL               = var.account.site_url
      MARQUEE_CORS_ORIGINS           = var.account.site_url
      MARQUEE_TRUSTED_PROXIES        = join(",", module.network.public_subnet_cidrs)
      MARQUEE_POOL_SIZE              = tostring(var.pool_size)
      MARQUEE_EDGE_URL               = join(",", module.edge.urls)
      MARQUEE_RUNBOOK_URL            = var.account.runbook_url
      MAIL_FROM                      = var.account.mail_from
      STAFF_EMAIL                    = var.account.staff_email
      STORAGE_URL                    = "s3://${module.media.bucket}"
      GATEWAY                        = "stripe"
      MARQUEE_STRIPE_PUBLISHABLE_KEY = var.account.stripe_publishable_key
      CLOUDFLARE_API_URL             = "https://api.cloudflare.com/client/v4"
      CLOUDFLARE_ACCOUNT_ID          = var.account.cloudflare_account_id
      CLOUDFLARE_KV_NAMESPACE_ID     = module.edge.kv_namespace_id
      SQS_QUEUE_URL                  = module.log_pipeline.queue_url
    },
    var.account.telegram_chat == null ? {} : { MARQUEE_TELEGRAM_CHAT = var.account.telegram_chat },
  )

  # By name: values are written by hand (terraform/README.md).
  secrets = toset(concat(
    [
      "CLOUDFLARE_API_TOKEN",
      "DATABASE_URL",
      "MARQUEE_DATA_KEYS",
      "MARQUEE_SIGNING_KEY",
      "SMTP_URL",
      "STRIPE_SECRET_KEY",
      "STRIPE_WEBHOOK_SECRETS",
    ],
    var.account.telegram_chat == null ? [] : ["MARQUEE_TELEGRAM_BOT_TOKEN"],
    var.account.sentry ? ["MARQUEE_SENTRY_DSN"] : [],
  ))
}
