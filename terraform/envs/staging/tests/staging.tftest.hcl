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
    defaults = { domain_validation_options = [{ domain_name = "api.staging.acme.example", resource_record_name = "_proof.api.staging.acme.example.", resource_record_type = "CNAME", resource_record_value = "_value.acm-validations.aws." }] }
  }
  mock_resource "aws_sesv2_email_identity" {
    defaults = { dkim_signing_attributes = { tokens = ["one", "two", "three"] } }
  }
}

run "what_release_json_names_is_what_runs" {
  assert {
    condition = { for service, container in module.environment.containers : service => container.image } == { for service in ["api", "migrate", "transcode", "worker"] : service =>
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/marquee@${jsondecode(file("release.json")).image_digest}" }
    error_message = "in every role, and the migration first of all"
  }
  assert {
    condition     = output.release == jsondecode(file("release.json"))
    error_message = "and nothing else is deployed"
  }
}

run "staging_is_smaller_than_production_and_is_not_it" {
  assert {
    condition     = !module.environment.database.is_multi_az && module.environment.database.is_protected && module.environment.database.backup_days == 7
    error_message = "one Postgres, whose last week can be had back"
  }
  assert {
    condition     = alltrue([for size in values(module.environment.sizes) : size.least == 1 && size.most <= 2]) && module.environment.nat_gateways == 1
    error_message = "one of each, and one way out"
  }
  assert {
    condition     = { for setting in module.environment.containers.api.environment : setting.name => setting.value if contains(["MARQUEE_ENV", "MARQUEE_BASE_URL", "STORAGE_URL"], setting.name) } == { MARQUEE_ENV = "staging", MARQUEE_BASE_URL = "https://api.staging.acme.example", STORAGE_URL = "s3://acme-marquee-staging" }
    error_message = "it has a name, a host and a bucket of its own"
  }
}
