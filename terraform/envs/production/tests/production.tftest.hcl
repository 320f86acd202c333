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

run "production_loses_a_zone_and_goes_on_and_knows_its_name" {
  assert {
    condition     = module.environment.database.is_multi_az && module.environment.database.is_protected && module.environment.database.backup_days == 30
    error_message = "Postgres has a second, is not deleted by mistake, and can be had back as it was at any second of a month"
  }
  assert {
    condition     = alltrue([for service in ["api", "worker"] : module.environment.sizes[service].least >= 2])
    error_message = "what answers and what works is there twice"
  }
  assert {
    condition     = length(var.account.availability_zones) >= 2 && module.environment.nat_gateways == 2
    error_message = "each zone has its own way out"
  }
  assert {
    condition     = { for setting in module.environment.containers.api.environment : setting.name => setting.value if contains(["MARQUEE_ENV", "MARQUEE_BASE_URL", "STORAGE_URL"], setting.name) } == { MARQUEE_ENV = "production", MARQUEE_BASE_URL = "https://api.acme.example", STORAGE_URL = "s3://acme-marquee-production" }
    error_message = "by its own name, host and bucket"
  }
}
