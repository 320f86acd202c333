terraform {
  required_version = ">= 1.10, < 2.0"

  # Of its own state there is little, and it is kept by whoever applies it, until it is moved into the bucket it makes
  # (terraform/README.md).
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { Project = "marquee" }
  }
}
