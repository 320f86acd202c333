mock_provider "aws" {}

variables {
  account_id   = "123456789012"
  region       = "us-east-1"
  state_bucket = "acme-marquee-states"
  repository   = "acme/marquee"
}

run "only_jobs_of_the_environment_take_on_its_role" {
  assert {
    condition = { for environment, role in aws_iam_role.deploy : environment => jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] } == {
      production = "repo:acme/marquee:environment:production"
      staging    = "repo:acme/marquee:environment:staging"
    }
    error_message = "by repository and environment, without a star"
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.deploy : jsondecode(role.assume_role_policy).Statement[0].Action == "sts:AssumeRoleWithWebIdentity" && length(jsondecode(role.assume_role_policy).Statement) == 1])
    error_message = "and in no other way"
  }
}

run "a_session_lasts_as_long_as_a_deployment_may" {
  assert {
    # An hour for the migration, half of one for the services, the Worker's shares, and both applies: deploy.yml ends at 180 minutes.
    condition     = alltrue([for role in aws_iam_role.deploy : role.max_session_duration >= 180 * 60])
    error_message = "else Terraform's last words are refused, after all was changed"
  }
}

run "what_has_a_name_is_held_to_its_environment" {
  assert {
    condition     = !strcontains(join(" ", flatten([for statement in jsondecode(aws_iam_policy.deploy["staging"].policy).Statement : statement.Resource if statement.Effect == "Allow"])), "production")
    error_message = "nothing that it may touch is called so"
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.deploy["staging"].policy).Statement :
    alltrue([for resource in statement.Resource : !startswith(resource, "arn:aws:") || strcontains(resource, "marquee-staging") || strcontains(resource, "aws-service-role")]) if statement.Effect == "Allow" && !contains(["DefaultOptions", "Lock", "State"], statement.Sid)])
    error_message = "each name is one of staging's"
  }
  assert {
    condition     = jsondecode(aws_iam_policy.deploy["staging"].policy).Statement[index(jsondecode(aws_iam_policy.deploy["staging"].policy).Statement[*].Sid, "State")].Resource == ["${aws_s3_bucket.state.arn}/staging/terraform.tfstate"]
    error_message = "nor read its state"
  }
}

# AWS's own list of ECS's actions: these take no name, and are refused where one is asked for.
run "what_has_no_name_is_held_to_its_environment_by_its_tag" {
  assert {
    condition = { for environment, policy in aws_iam_policy.deploy : environment => one([for statement in jsondecode(policy.policy).Statement : jsonencode(statement.Condition) if statement.Sid == "NotOthers" && statement.Effect == "Deny" && statement.Resource == ["*"]]) } == {
      production = jsonencode({ StringEquals = { "aws:ResourceTag/Environment" = ["staging"] } })
      staging    = jsonencode({ StringEquals = { "aws:ResourceTag/Environment" = ["production"] } })
    }
    error_message = "staging's deployment touches nothing that is tagged as production's"
  }
  assert {
    condition = alltrue([for policy in aws_iam_policy.deploy :
      toset(one([for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Sid == "NotOthers"]))
    == toset(one([for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Sid == "Unnamed"]))])
    error_message = "whatever it may do to what has no name: keys are not used, networks not changed, tags not taken off"
  }
}

run "what_ecs_cannot_hold_to_a_name_is_not_held_to_one" {
  assert {
    condition = alltrue([for policy in aws_iam_policy.deploy : alltrue([for action in ["ecs:CreateCluster", "ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition"] :
    anytrue([for statement in jsondecode(policy.policy).Statement : contains(statement.Action, action) && statement.Resource == ["*"] && statement.Effect == "Allow"])])])
    error_message = "else the first deployment makes no cluster"
  }
  assert {
    condition     = alltrue([for policy in aws_iam_policy.deploy : !contains(flatten([for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Resource == ["*"] && statement.Effect == "Allow"]), "ecs:*")])
    error_message = "and nothing more than that of ECS"
  }
}

run "postgres_may_have_the_options_that_rds_gives_it" {
  assert {
    condition = alltrue([for policy in aws_iam_policy.deploy : anytrue([for statement in jsondecode(policy.policy).Statement :
    contains(statement.Action, "rds:CreateDBInstance") && statement.Resource == ["arn:aws:rds:us-east-1:123456789012:og:default:postgres-*"]])])
    error_message = "else RDS refuses to make or change it"
  }
}

run "a_deployment_reads_no_secret_and_cannot_make_itself_mightier" {
  assert {
    condition     = alltrue([for policy in aws_iam_policy.deploy : toset([for statement in jsondecode(policy.policy).Statement : statement.Sid if statement.Effect == "Deny"]) == toset(["NoContents", "NoFiles", "NotItself", "NotOthers", "OneManagedPolicy"])])
    error_message = "secrets, files, its own role, and policies of AWS's that permit more"
  }
  assert {
    condition     = alltrue([for policy in aws_iam_policy.deploy : !contains(flatten([for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Effect == "Allow"]), "iam:*")])
    error_message = "of IAM it may do what is listed"
  }
}

run "the_state_is_sealed_and_kept" {
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled" && one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    error_message = "each version of it, by our key"
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.state.restrict_public_buckets && aws_ecr_repository.core.image_tag_mutability == "IMMUTABLE"
    error_message = "nobody else reads it, and nobody replaces an image"
  }
}

run "a_star_is_no_repository" {
  command = plan
  variables {
    repository = "acme/*"
  }
  expect_failures = [var.repository]
}
