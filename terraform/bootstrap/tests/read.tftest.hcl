mock_provider "aws" {}

variables {
  account_id   = "123456789012"
  region       = "us-east-1"
  state_bucket = "acme-marquee-states"
  repository   = "acme/marquee"
}

run "only_jobs_of_the_environment_that_looks_take_it_on" {
  assert {
    condition = { for environment, role in aws_iam_role.read : environment => jsondecode(role.assume_role_policy).Statement[*].Condition.StringEquals["token.actions.githubusercontent.com:sub"] } == {
      production = ["repo:acme/marquee:environment:production-read"]
      staging    = ["repo:acme/marquee:environment:staging-read"]
    }
    error_message = "by repository and environment, without a star"
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.read : !startswith(role.name, "marquee-staging-") && !startswith(role.name, "marquee-production-")])
    error_message = "a deployment may change roles that are called so"
  }
}

run "it_changes_nothing" {
  assert {
    condition = alltrue(flatten([for policy in aws_iam_role_policy.read : [for statement in jsondecode(policy.policy).Statement : [
      for action in statement.Action : can(regex("^[a-z0-9-]+:(Describe|Get|List)", action)) || action == "kms:Decrypt"
    ] if statement.Effect == "Allow"]]))
    error_message = "it only looks"
  }
  assert {
    condition = alltrue([for environment, policy in aws_iam_role_policy.read : [
      for statement in jsondecode(policy.policy).Statement : statement.Resource if contains(["State", "OpenState"], statement.Sid)
    ] == [["${aws_s3_bucket.state.arn}/${environment}/terraform.tfstate"], [module.key.arn]]])
    error_message = "of files it reads its own state, and opens nothing but that"
  }
  assert {
    condition = alltrue([for environment, policy in aws_iam_role_policy.read : [
      for statement in jsondecode(policy.policy).Statement : statement.NotResource if statement.Sid == "NoFiles" && statement.Effect == "Deny"
    ] == [["${aws_s3_bucket.state.arn}/${environment}/terraform.tfstate"]]])
    error_message = "also where it may look at everything"
  }
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.read : contains(flatten([for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Effect == "Deny" && contains(lookup(statement, "Resource", []), "*")]), "secretsmanager:GetSecretValue")])
    error_message = "a secret's value is no business of a plan"
  }
}
