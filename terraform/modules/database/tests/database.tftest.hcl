mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds" }] }
  }
}

variables {
  name                      = "marquee-test"
  vpc_id                    = "vpc-1"
  subnet_ids                = ["subnet-1", "subnet-2"]
  client_security_group_ids = { core = "sg-core" }
  instance_class            = "db.t4g.medium"
  storage_gb                = 50
  storage_gb_limit          = 500
  multi_az                  = true
  backup_days               = 14
  deletion_protection       = true
  connections_limit         = 200
  alarm_topic_arn           = "arn:aws:sns:us-east-1:123456789012:alarms"
}

run "what_is_stored_is_sealed_and_can_be_had_back" {
  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == module.key.arn
    error_message = "sealed by our key"
  }
  assert {
    condition     = aws_db_instance.this.backup_retention_period == 14 && !aws_db_instance.this.skip_final_snapshot && !aws_db_instance.this.delete_automated_backups
    error_message = "backups are kept, even of a database that was removed"
  }
  assert {
    condition     = aws_db_instance.this.deletion_protection && aws_db_instance.this.multi_az
    error_message = "protected and in two zones, as asked"
  }
}

run "only_the_core_reaches_it_and_only_by_tls" {
  assert {
    condition     = !aws_db_instance.this.publicly_accessible
    error_message = "not from the internet"
  }
  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.client : rule.referenced_security_group_id] == ["sg-core"]
    error_message = "only from the core's tasks"
  }
  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["rds.force_ssl"] == "1"
    error_message = "only by TLS"
  }
  assert {
    condition     = aws_db_instance.this.parameter_group_name == aws_db_parameter_group.this.name
    error_message = "which its parameters say"
  }
}

run "it_is_the_version_that_the_core_is_tested_with" {
  assert {
    condition     = aws_db_instance.this.engine_version == "18" && aws_db_parameter_group.this.family == "postgres${aws_db_instance.this.engine_version}"
    error_message = "cargo xtask lint-deploy holds this to package.json and compose.yaml"
  }
  assert {
    condition     = aws_db_instance.this.ca_cert_identifier == "rds-ca-rsa2048-g1"
    error_message = "signed by the authority whose certificates the image has"
  }
}

run "nobody_knows_the_masters_password" {
  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.master_user_secret_kms_key_id == module.key.arn
    error_message = "RDS makes and keeps it"
  }
}

run "it_is_watched" {
  assert {
    condition     = toset(aws_db_instance.this.enabled_cloudwatch_logs_exports) == toset(["postgresql", "upgrade"]) && aws_db_instance.this.performance_insights_enabled
    error_message = "logs go to CloudWatch, and slow statements can be seen"
  }
  assert {
    condition     = alltrue([for alarm in module.alarms.all : contains(alarm.alarm_actions, var.alarm_topic_arn)]) && module.alarms.all["storage"].threshold == 10737418240
    error_message = "a full disk is told before it is full"
  }
}

run "a_week_of_backups_is_the_least" {
  command = plan
  variables {
    backup_days = 1
  }
  expect_failures = [var.backup_days]
}
