mock_provider "aws" {}

variables {
  name      = "marquee-test"
  topic_arn = "arn:aws:sns:us-east-1:123456789012:alarms"
  alarms = {
    full = {
      says = "the disk is full", namespace = "AWS/RDS", metric = "FreeStorageSpace", dimensions = { DBInstanceIdentifier = "marquee-test" },
      stat = "Minimum", minutes = 5, times = 3, compare = "LessThanThreshold", threshold = 10, missing = "breaching"
    }
    late = { says = "hits are late", namespace = "Marquee", metric = "marquee_hits_lag_seconds", dimensions = {}, stat = "Maximum", minutes = 1, threshold = 300 }
  }
}

run "people_hear_of_its_beginning_and_of_its_end" {
  assert {
    condition     = alltrue([for alarm in output.all : contains(alarm.alarm_actions, var.topic_arn) && contains(alarm.ok_actions, var.topic_arn)])
    error_message = "by the topic"
  }
  assert {
    condition     = { for name, alarm in output.all : name => "${alarm.alarm_name}: ${alarm.alarm_description}" } == { full = "marquee-test-full: the disk is full", late = "marquee-test-late: hits are late" }
    error_message = "by its name, and what it means"
  }
}

run "it_is_measured_as_was_asked" {
  assert {
    condition     = [for alarm in [output.all["full"], output.all["late"]] : "${alarm.statistic} ${alarm.comparison_operator} ${alarm.threshold} ${alarm.period} ${alarm.evaluation_periods} ${alarm.treat_missing_data}"] == ["Minimum LessThanThreshold 10 300 3 breaching", "Maximum GreaterThanThreshold 300 60 1 notBreaching"]
    error_message = "above, once and not by silence, unless something else is said"
  }
}

run "an_alarm_that_says_nothing_is_refused" {
  command = plan
  variables {
    alarms = { mute = { says = "", namespace = "Marquee", metric = "m", dimensions = {}, stat = "Sum", minutes = 5, threshold = 0 } }
  }
  expect_failures = [var.alarms]
}
