mock_provider "aws" {}

variables {
  name          = "marquee-test"
  secrets       = ["DATABASE_URL", "SMTP_URL"]
  recovery_days = 30
}

run "each_secret_is_sealed_by_our_key_and_can_be_had_back" {
  assert {
    condition     = keys(aws_secretsmanager_secret.this) == ["DATABASE_URL", "SMTP_URL"]
    error_message = "one for each name"
  }
  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == module.key.arn && secret.recovery_window_in_days == 30])
    error_message = "sealed, and kept a while after it was removed"
  }
  assert {
    condition     = aws_secretsmanager_secret.this["SMTP_URL"].name == "marquee-test/SMTP_URL"
    error_message = "README and workflows write to this name"
  }
}

run "a_secret_is_called_as_its_setting" {
  command = plan
  variables {
    secrets = ["database-url"]
  }
  expect_failures = [var.secrets]
}
