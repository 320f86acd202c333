terraform {
  # Its lock of the state needs 1.10.
  required_version = ">= 1.10, < 2.0"

  # bucket, region and kms_key_id are told by `terraform init -backend-config=…`: bootstrap/ made them.
  backend "s3" {
    key          = "production/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.14"
    }
  }
}

# The wrong account is refused before anything is looked at.
provider "aws" {
  region              = var.aws.region
  allowed_account_ids = [var.aws.account_id]

  default_tags {
    tags = { Project = "marquee", Environment = "production", Release = local.release.version }
  }
}

# By CLOUDFLARE_API_TOKEN of the environment.
provider "cloudflare" {}
