mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  name               = "marquee-test"
  services           = ["api", "worker", "transcode", "migrate"]
  log_retention_days = 90
  alarm_emails       = ["ops@acme.example"]
  metrics_namespace  = "Marquee"
  load_balancer      = "app/marquee-test/1"
}

run "logs_are_sealed_and_forgotten" {
  assert {
    condition = alltrue([for group in aws_cloudwatch_log_group.service :
    group.kms_key_id == module.key.arn && group.retention_in_days == 90])
    error_message = "each log is sealed by our key and kept for as long as was asked"
  }
  assert {
    condition     = keys(output.log_groups) == ["api", "migrate", "transcode", "worker"]
    error_message = "each service has a log of its own"
  }
  assert {
    condition = [for statement in jsondecode(module.key.policy).Statement :
    statement.Principal.Service if statement.Sid == "Logs"] == ["logs.us-east-1.amazonaws.com"]
    error_message = "CloudWatch's logs may use the key, else no line is ever written"
  }
}

run "every_alarm_is_heard" {
  assert {
    condition = alltrue([for alarm in values(module.alarms.all) :
    contains(alarm.alarm_actions, aws_sns_topic.alarms.arn) && alarm.dimensions["Environment"] == var.name])
    error_message = "each alarm is of this environment and goes to the topic"
  }
  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == module.key.arn && keys(aws_sns_topic_subscription.email) == ["ops@acme.example"]
    error_message = "the topic is sealed and has who listens"
  }
  assert {
    condition     = jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Principal == { Service = "cloudwatch.amazonaws.com" }
    error_message = "only CloudWatch speaks there"
  }
  assert {
    condition     = module.alarms.all["books-broken"].threshold == 0 && module.alarms.all["silent"].treat_missing_data == "breaching"
    error_message = "a single broken proof is an alarm, and so is silence"
  }
}

run "an_alert_of_the_core_is_heard_without_a_chat" {
  assert {
    condition     = module.alarms.all["alert-open"].metric_name == "marquee_alerts_open" && module.alarms.all["alert-open"].dimensions == tomap({ Environment = var.name, severity = "serious" }) && module.alarms.all["alert-open"].threshold == 0
    error_message = "a single serious one, that nobody has acknowledged"
  }
  assert {
    condition     = strcontains(module.alarms.all["alert-open"].alarm_description, "marquee alerts list")
    error_message = "and whoever hears of it knows what to ask"
  }
}

run "the_dashboard_shows_every_service" {
  assert {
    condition     = alltrue([for service in var.services : strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "\"${service}\"")])
    error_message = "each service is on the dashboard"
  }
}

run "somebody_must_listen" {
  command = plan
  variables {
    alarm_emails = []
  }
  expect_failures = [var.alarm_emails]
}
