mock_provider "aws" {}

override_resource {
  target = aws_sqs_queue.hits
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:marquee-test-hits", id = "hits", url = "https://sqs.test/hits" }
}

override_resource {
  target = aws_sqs_queue.dead
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:marquee-test-hits-dead", id = "dead", url = "https://sqs.test/dead" }
}

variables {
  name            = "marquee-test"
  alarm_topic_arn = "arn:aws:sns:us-east-1:123456789012:alarms"
}

run "what_cannot_be_stored_ends_with_the_dead_letters" {
  assert {
    condition = jsondecode(aws_sqs_queue.hits.redrive_policy) == {
      deadLetterTargetArn = aws_sqs_queue.dead.arn
      maxReceiveCount     = 10
    }
    error_message = "after ten attempts"
  }
  assert {
    condition = jsondecode(aws_sqs_queue_redrive_allow_policy.dead.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = [aws_sqs_queue.hits.arn]
    }
    error_message = "and only from this queue"
  }
  assert {
    condition     = aws_sqs_queue.hits.message_retention_seconds == 1209600 && aws_sqs_queue.dead.message_retention_seconds == 1209600
    error_message = "both keep messages for two weeks, as long as SQS can"
  }
  assert {
    condition     = aws_sqs_queue.hits.visibility_timeout_seconds > 25
    error_message = "a message stays with its worker for longer than the worker takes to stop"
  }
}

run "queues_are_sealed_and_take_nothing_in_clear" {
  assert {
    condition     = aws_sqs_queue.hits.sqs_managed_sse_enabled && aws_sqs_queue.dead.sqs_managed_sse_enabled
    error_message = "sealed at rest"
  }
  assert {
    condition = alltrue([for policy in aws_sqs_queue_policy.this :
    jsondecode(policy.policy).Statement[0].Effect == "Deny" && jsondecode(policy.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"])
    error_message = "only by TLS"
  }
  assert {
    condition     = length(aws_sqs_queue_policy.this) == 2
    error_message = "both of them"
  }
}

run "the_log_worker_may_send_hits_and_nothing_else" {
  assert {
    condition = jsondecode(aws_iam_user_policy.log_worker.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [aws_sqs_queue.hits.arn]
    }]
    error_message = "one action on one queue"
  }
}

run "old_many_and_dead_hits_are_alarms" {
  assert {
    condition = { for key, alarm in module.alarms.all : key => [alarm.metric_name, alarm.dimensions.QueueName, tostring(alarm.threshold)] } == {
      hits-dead   = ["ApproximateNumberOfMessagesVisible", "marquee-test-hits-dead", "0"]
      hits-depth  = ["ApproximateNumberOfMessagesVisible", "marquee-test-hits", "20000"]
      hits-oldest = ["ApproximateAgeOfOldestMessage", "marquee-test-hits", "300"]
    }
    error_message = "age and depth of the queue, and anything in that of the dead letters"
  }
  assert {
    condition     = alltrue([for alarm in module.alarms.all : contains(alarm.alarm_actions, var.alarm_topic_arn)])
    error_message = "somebody hears of them"
  }
}
