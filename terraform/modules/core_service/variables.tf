variable "name" {
  type        = string
  description = "What everything is called by, marquee-production."
}

variable "image" {
  type        = string
  description = "With its digest: what runs is what was released, whatever a tag points to by now."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "name the image by its digest, registry/marquee@sha256:…"
  }
}

variable "repository_arn" {
  type        = string
  description = "The ECR repository that the image is in."
}

variable "vpc_id" {
  type = string
}

variable "public_subnet_ids" {
  type = list(string)
}

variable "private_subnet_ids" {
  type = list(string)
}

variable "s3_prefix_list_id" {
  type        = string
  description = "S3, as the network's endpoint reaches it."
}

variable "endpoints_security_group_id" {
  type        = string
  description = "Of the network's endpoints of ECR, CloudWatch Logs and Secrets Manager."
}

variable "certificate_arn" {
  type        = string
  description = "Of the host that clients reach the API by."
}

variable "access_logs_bucket" {
  type = string
}

variable "environment" {
  type        = map(string)
  description = "Settings of the core that are no secrets, by name."
}

variable "secrets" {
  type        = map(string)
  description = "Secrets by the name of their setting, as ARNs: tasks read them, no state does."
}

variable "secrets_kms_key_arn" {
  type = string
}

variable "sizes" {
  type = map(object({
    cpu    = number
    memory = number
    least  = number
    most   = number
  }))
  description = "Of api, worker and transcode: units of a processor, MiB, and how many tasks."

  validation {
    condition     = toset(keys(var.sizes)) == toset(["api", "worker", "transcode"])
    error_message = "give sizes of api, worker and transcode"
  }
}

variable "database" {
  type = object({
    # Where RDS keeps the master's password, and the key that seals it.
    master_secret_arn = string
    kms_key_arn       = string
    security_group_id = string
    # The authority that signs for it, as a certificate.
    authority_pem = string
    # Postgres's own image, for its client.
    client_image = string
  })
  description = "For who may reach it, and for the task that makes the core's role; the core is told by the secret DATABASE_URL."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.database.client_image))
    error_message = "name Postgres's image by its digest, public.ecr.aws/docker/library/postgres@sha256:…"
  }
  validation {
    condition     = startswith(var.database.authority_pem, "-----BEGIN CERTIFICATE-----")
    error_message = "give the certificate of the authority that signs for Postgres"
  }
}

variable "log_groups" {
  type        = map(object({ name = string, arn = string }))
  description = "Of api, worker, transcode and migrate."
}

variable "bucket_arn" {
  type = string
}

variable "bucket_kms_key_arn" {
  type = string
}

variable "queue" {
  type        = object({ name = string, arn = string, dead_arn = string })
  description = "Which brings hits."
}

variable "collector" {
  type = object({
    image     = string
    namespace = string
    log_group = object({ name = string, arn = string })
  })
  description = "AWS's build of the OpenTelemetry collector (public.ecr.aws/aws-observability/aws-otel-collector), and where it puts metrics."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.collector.image))
    error_message = "name the collector by its digest, public.ecr.aws/aws-observability/aws-otel-collector@sha256:…"
  }
}

variable "alarm_topic_arn" {
  type = string
}
