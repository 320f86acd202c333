variable "environment" {
  type        = string
  description = "As wrangler.toml and MARQUEE_ENV call it; everything is called marquee- and this."

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "there are staging and production"
  }
}

variable "release" {
  type = object({
    version            = string
    git_sha            = string
    image              = string
    image_digest       = string
    worker_version     = string
    log_worker_version = string
  })
  description = "What runs, from release.json: a pull request changes it, and reverting that rolls back."

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", var.release.version)) && can(regex("^[0-9a-f]{40}$", var.release.git_sha))
    error_message = "version is a semantic version, and git_sha the whole commit"
  }
  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.release.image_digest)) && !strcontains(var.release.image, "@") && !can(regex(":[^/]*$", var.release.image))
    error_message = "image is a repository without a tag, and image_digest is sha256:…"
  }
  validation {
    condition = alltrue([for id in [var.release.worker_version, var.release.log_worker_version] :
    can(regex("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", id))])
    error_message = "a version of a Worker is named by its id, as `wrangler versions upload` prints it"
  }
}

variable "account" {
  type = object({
    availability_zones    = list(string)
    cloudflare_account_id = string
    # Cloudflare's zone of the hosts below, and who may use them.
    zone_id     = string
    api_host    = string
    site_url    = string
    mail_domain = string
    mail_from   = string
    staff_email = string
    bucket      = string
    # Where visitors come by: see module edge. A rollout tries new versions on the smoke host, one of these.
    zones      = any
    smoke_host = string
    # Public halves of the keys that sign manifests, key_id:base64url, and the lowest sequence a fresh isolate takes.
    manifest_keys    = string
    min_manifest_seq = optional(number, 0)
    last_resort      = optional(string, "")
    # By which pages ask for cards: pk_live_… in production, as the secret key's mode is.
    stripe_publishable_key = string
    # Who hears of alarms; the chat, if there is one, needs the secret MARQUEE_TELEGRAM_BOT_TOKEN.
    alarm_emails  = set(string)
    telegram_chat = optional(string)
    sentry        = optional(bool, false)
    runbook_url   = string
    # public.ecr.aws/aws-observability/aws-otel-collector@sha256:…
    collector_image = string
    # public.ecr.aws/docker/library/postgres@sha256:…, of the version that RDS runs: its psql makes the core's role.
    postgres_image = string
  })
  description = "What is this owner's and no other's. None of it is secret."

  validation {
    condition     = can(regex("^pk_${var.environment == "production" ? "live" : "test"}_[A-Za-z0-9_]+$", var.account.stripe_publishable_key))
    error_message = "give the publishable key of Stripe's account, of live mode in production and of test mode elsewhere"
  }
  validation {
    condition     = endswith(var.account.bucket, "marquee-${var.environment}")
    error_message = "end the bucket's name with marquee-${var.environment}: by that the deployment may make it (bootstrap/)"
  }
  validation {
    condition     = can(regex("^https://[a-z0-9.-]+$", var.account.site_url))
    error_message = "site_url is https:// and a host, without a path: it is also an origin"
  }
}

variable "sizes" {
  type        = map(object({ cpu = number, memory = number, least = number, most = number }))
  description = "Of api, worker and transcode: see module core_service."
}

variable "pool_size" {
  type        = number
  default     = 16
  description = "Most connections that one process holds to Postgres."
}

variable "network" {
  type = object({
    cidr         = string
    nat_gateways = number
    endpoints    = set(string)
  })

  validation {
    condition     = length(setsubtract(["ecr.api", "ecr.dkr", "logs", "secretsmanager"], var.network.endpoints)) == 0
    error_message = "give ecr.api, ecr.dkr, logs and secretsmanager: a task that may not reach the internet cannot start without"
  }
}

variable "database" {
  type = object({
    instance_class      = string
    storage_gb          = number
    storage_gb_limit    = number
    multi_az            = bool
    backup_days         = number
    deletion_protection = bool
  })
}

variable "edge" {
  type = object({
    requests_in_ten_seconds = optional(number, 60)
    managed_rules           = bool
  })
}

variable "log_retention_days" {
  type = number
}

variable "secret_recovery_days" {
  type        = number
  description = "How long a removed secret can be had back."
}
