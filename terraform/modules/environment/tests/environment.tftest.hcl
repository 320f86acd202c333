mock_provider "cloudflare" {}

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_ecr_repository" {
    defaults = { arn = "arn:aws:ecr:us-east-1:123456789012:repository/marquee", repository_url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/marquee" }
  }
  mock_resource "aws_db_instance" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1" }] }
  }
  mock_resource "aws_acm_certificate" {
    defaults = { domain_validation_options = [{ domain_name = "api.acme.example", resource_record_name = "_proof.api.acme.example.", resource_record_type = "CNAME", resource_record_value = "_value.acm-validations.aws." }] }
  }
  mock_resource "aws_sesv2_email_identity" {
    defaults = { dkim_signing_attributes = { tokens = ["one", "two", "three"] } }
  }
}

variables {
  environment = "production"
  release = {
    version            = "1.2.3"
    git_sha            = "0123456789012345678901234567890123456789"
    image              = "ghcr.io/acme/marquee"
    image_digest       = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
    worker_version     = "11111111-1111-1111-1111-111111111111"
    log_worker_version = "22222222-2222-2222-2222-222222222222"
  }
  account = {
    availability_zones     = ["us-east-1a", "us-east-1b"]
    cloudflare_account_id  = "0123456789abcdef0123456789abcdef"
    zone_id                = "a0000000000000000000000000000000"
    api_host               = "api.acme.example"
    site_url               = "https://www.acme.example"
    mail_domain            = "mail.acme.example"
    mail_from              = "Marquee <no-reply@mail.acme.example>"
    staff_email            = "staff@acme.example,second@acme.example"
    bucket                 = "acme-marquee-production"
    zones                  = { acme = { zone_id = "a0000000000000000000000000000000", hosts = ["go.acme.example", "smoke.acme.example"] } }
    smoke_host             = "smoke.acme.example"
    manifest_keys          = "production-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    alarm_emails           = ["operations@acme.example"]
    stripe_publishable_key = "pk_live_made_up"
    runbook_url            = "https://docs.acme.example/alerts.html"
    postgres_image         = "public.ecr.aws/docker/library/postgres@sha256:3333333333333333333333333333333333333333333333333333333333333333"
    collector_image        = "public.ecr.aws/aws-observability/aws-otel-collector@sha256:2222222222222222222222222222222222222222222222222222222222222222"
  }
  sizes = {
    api       = { cpu = 512, memory = 1024, least = 2, most = 6 }
    worker    = { cpu = 512, memory = 1024, least = 1, most = 4 }
    transcode = { cpu = 2048, memory = 4096, least = 1, most = 4 }
  }
  network              = { cidr = "10.20.0.0/16", nat_gateways = 1, endpoints = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"] }
  database             = { instance_class = "db.t4g.small", storage_gb = 20, storage_gb_limit = 100, multi_az = false, backup_days = 7, deletion_protection = true }
  edge                 = { managed_rules = true }
  log_retention_days   = 30
  secret_recovery_days = 7
}

# facts.json is made by `cargo xtask terraform`, of core/src/config and docs/metrics.md: what the program itself says.
run "the_core_is_told_all_that_it_asks_for_and_nothing_else" {
  assert {
    condition = alltrue([for container in values(output.containers) : length(setsubtract(
      jsondecode(file("../../facts.json")).required_settings,
    concat(container.environment[*].name, container.secrets[*].name))) == 0])
    error_message = "a setting without which it does not start outside of a developer's machine is missing: ${join(" ", setsubtract(jsondecode(file("../../facts.json")).required_settings, concat(output.containers.api.environment[*].name, output.containers.api.secrets[*].name)))}"
  }
  assert {
    condition = alltrue([for container in values(output.containers) : length(setsubtract(
      concat(container.environment[*].name, container.secrets[*].name),
    concat(jsondecode(file("../../facts.json")).known_settings, ["AWS_REGION"]))) == 0])
    error_message = "the core knows no setting ${join(" ", setsubtract(concat(output.containers.api.environment[*].name, output.containers.api.secrets[*].name), jsondecode(file("../../facts.json")).known_settings))}"
  }
  assert {
    condition     = length(setintersection(output.containers.api.environment[*].name, jsondecode(file("../../facts.json")).secret_settings)) == 0
    error_message = "what the program hides from its own help is no plain setting"
  }
}

run "what_is_watched_is_measured_and_collected" {
  assert {
    condition     = length(setsubtract(output.metrics.asked_for, output.metrics.collected)) == 0
    error_message = "an alarm asks for what no collector brings: ${join(" ", setsubtract(output.metrics.asked_for, output.metrics.collected))}"
  }
  assert {
    condition     = alltrue([for name, labels in output.metrics.labels : alltrue([for label in labels : contains(module.core.metrics[name], label)])])
    error_message = "an alarm asks for a label that no collector brings"
  }
  assert {
    condition     = length(setsubtract(output.metrics.collected, output.metrics.asked_for)) == 0
    error_message = "each metric costs, and nobody looks at ${join(" ", setsubtract(output.metrics.collected, output.metrics.asked_for))}"
  }
  assert {
    condition     = length(setsubtract(output.metrics.collected, jsondecode(file("../../facts.json")).metrics)) == 0
    error_message = "a collector asks for what the core does not measure: ${join(" ", setsubtract(output.metrics.collected, jsondecode(file("../../facts.json")).metrics))}"
  }
}

run "who_deploys_is_told_what_to_do_by_hand_what_to_wait_for_and_what_to_upload" {
  assert {
    condition     = module.mail.smtp_host == "email-smtp.us-east-1.amazonaws.com" && output.by_hand.smtp_user == "marquee-production-smtp"
    error_message = "by the address within MAIL_FROM"
  }
  assert {
    condition     = join(" ", keys(output.services.task_definitions)) == "api transcode worker" && output.services.cluster == output.migration.cluster
    error_message = "those that run on, in the migration's cluster"
  }
  assert {
    condition     = output.worker.smoke_url == "https://smoke.acme.example" && output.worker.public_urls == ["https://go.acme.example"] && output.worker.vars.MANIFEST_KEYS == var.account.manifest_keys
    error_message = "the keys it trusts, and where it is tried"
  }
  assert {
    condition     = strcontains(join(",", [for setting in output.containers.api.environment : setting.value if setting.name == "CLOUDFLARE_KV_NAMESPACE_ID"]), output.worker.kv_namespace_id)
    error_message = "the Worker reads the namespace that the core writes"
  }
}

run "the_core_believes_no_other_postgres" {
  assert {
    condition     = strcontains(output.by_hand.database_url, "@${output.database.address}:5432/marquee?sslmode=verify-full&sslrootcert=/")
    error_message = "DATABASE_URL asks for a certificate, and says who may sign it"
  }
}

run "postgres_is_known_by_the_authority_of_its_region" {
  assert {
    condition     = local.authority_pem == trimspace(split("# us-east-2", split("# us-east-1\n", file("../../../docker/rds-certificates.pem"))[1])[0]) && length(regexall("BEGIN CERTIFICATE", local.authority_pem)) == 1
    error_message = "that one, and no other"
  }
}

run "the_chat_brings_its_token" {
  variables {
    account = merge(var.account, { telegram_chat = "-1001234567890", sentry = true })
  }
  assert {
    condition     = length(setsubtract(["MARQUEE_SENTRY_DSN", "MARQUEE_TELEGRAM_BOT_TOKEN"], output.by_hand.secrets)) == 0
    error_message = "who is told of alerts needs both halves"
  }
}

run "a_network_in_which_transcode_cannot_start_is_refused" {
  command = plan
  variables {
    network = { cidr = "10.20.0.0/16", nat_gateways = 1, endpoints = ["ecr.api", "ecr.dkr"] }
  }
  expect_failures = [var.network]
}

run "half_a_commit_is_no_release" {
  command = plan
  variables {
    release = merge(var.release, { git_sha = "0123456" })
  }
  expect_failures = [var.release]
}

run "a_tag_is_no_digest" {
  command = plan
  variables {
    release = merge(var.release, { image = "ghcr.io/acme/marquee:latest" })
  }
  expect_failures = [var.release]
}

run "a_bucket_that_the_deployment_may_not_make_is_refused" {
  command = plan
  variables {
    account = merge(var.account, { bucket = "acme-films" })
  }
  expect_failures = [var.account]
}

run "a_key_of_test_mode_is_refused_in_production" {
  command = plan
  variables {
    account = merge(var.account, { stripe_publishable_key = "pk_test_made_up" })
  }
  expect_failures = [var.account]
}
