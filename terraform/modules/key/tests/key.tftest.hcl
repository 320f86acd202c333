mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  alias       = "marquee-test-secrets"
  description = "marquee-test: secrets"
}

run "a_key_is_changed_each_year_and_can_be_had_back" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "what it sealed would be lost with it"
  }
  assert {
    condition     = aws_kms_alias.this.name == "alias/marquee-test-secrets" && aws_kms_alias.this.target_key_id == aws_kms_key.this.key_id
    error_message = "and has a name"
  }
  assert {
    condition     = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Principal] == [{ AWS = "arn:aws:iam::123456789012:root" }]
    error_message = "the account's roles decide who uses it"
  }
}

run "a_service_is_let_in" {
  variables {
    statements = [{ Sid = "Logs", Effect = "Allow", Principal = { Service = "logs.us-east-1.amazonaws.com" }, Action = ["kms:Encrypt*"], Resource = "*", Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } } }]
  }
  assert {
    condition     = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Sid] == ["Account", "Logs"]
    error_message = "besides the account"
  }
}

run "everybody_is_not" {
  command = plan
  variables {
    statements = [{ Sid = "All", Effect = "Allow", Principal = "*", Action = "kms:*", Resource = "*" }]
  }
  expect_failures = [var.statements]
}
