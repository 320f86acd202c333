mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
}

variables {
  name                = "marquee-test"
  image               = "123456789012.dkr.ecr.us-east-1.amazonaws.com/marquee@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  repository_arn      = "arn:aws:ecr:us-east-1:123456789012:repository/marquee"
  vpc_id              = "vpc-1"
  public_subnet_ids   = ["subnet-1", "subnet-2"]
  private_subnet_ids  = ["subnet-3", "subnet-4"]
  certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/1"
  access_logs_bucket  = "logs"
  environment         = { MARQUEE_ENV = "staging", MARQUEE_BASE_URL = "https://api.acme.example" }
  secrets             = { DATABASE_URL = "arn:secret:database", SMTP_URL = "arn:secret:smtp" }
  secrets_kms_key_arn = "arn:kms:secrets"
  sizes = {
    api       = { cpu = 512, memory = 1024, least = 2, most = 6 }
    worker    = { cpu = 512, memory = 1024, least = 1, most = 4 }
    transcode = { cpu = 2048, memory = 4096, least = 1, most = 4 }
  }
  log_groups = {
    api       = { name = "/api", arn = "arn:logs:api" }
    worker    = { name = "/worker", arn = "arn:logs:worker" }
    transcode = { name = "/transcode", arn = "arn:logs:transcode" }
    migrate   = { name = "/migrate", arn = "arn:logs:migrate" }
  }
  bucket_arn         = "arn:bucket"
  bucket_kms_key_arn = "arn:kms:bucket"
  queue              = { name = "hits", arn = "arn:queue", dead_arn = "arn:queue:dead" }
  alarm_topic_arn    = "arn:alarms"
}

run "one_image_runs_by_its_digest_in_every_role" {
  assert {
    condition = { for service, task in aws_ecs_task_definition.this : service => join(" ", jsondecode(task.container_definitions)[0].command) if jsondecode(task.container_definitions)[0].image == var.image } == {
      api       = "serve"
      migrate   = "migrate"
      transcode = "work --roles transcode"
      worker    = "work --roles default,mail,media,ingest,cron,payments"
    }
    error_message = "as `marquee` knows its verbs and roles"
  }
}

run "a_task_is_nobody_writes_nowhere_and_is_given_time_to_stop" {
  assert {
    condition = alltrue([for task in aws_ecs_task_definition.this : alltrue([for container in jsondecode(task.container_definitions) :
    container.readonlyRootFilesystem && container.user == "10001:10001" && container.stopTimeout >= 30 && container.linuxParameters.capabilities.drop == ["ALL"]])])
    error_message = "not root, a root that cannot be written to, and longer than MARQUEE_STOP_SECONDS"
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.deployment_circuit_breaker[0].enable && service.deployment_circuit_breaker[0].rollback && !service.network_configuration[0].assign_public_ip])
    error_message = "what does not start is rolled back, and nothing but the load balancer is public"
  }
}

run "secrets_are_given_by_reference_only" {
  assert {
    condition = alltrue([for task in aws_ecs_task_definition.this :
    jsonencode({ for secret in jsondecode(task.container_definitions)[0].secrets : secret.name => secret.valueFrom }) == jsonencode(var.secrets)])
    error_message = "each, by its ARN"
  }
  assert {
    condition = alltrue([for task in aws_ecs_task_definition.this :
    length([for setting in jsondecode(task.container_definitions)[0].environment : setting if contains(keys(var.secrets), setting.name)]) == 0])
    error_message = "none as a plain setting"
  }
}

run "each_service_may_do_what_it_does_and_nothing_else" {
  assert {
    condition = { for service, policy in aws_iam_role_policy.task : service => join(" ", sort(distinct(flatten([for statement in jsondecode(policy.policy).Statement : statement.Action])))) } == {
      api       = "kms:Decrypt kms:GenerateDataKey s3:AbortMultipartUpload s3:GetObject s3:ListBucket s3:PutObject"
      transcode = "kms:Decrypt kms:GenerateDataKey s3:AbortMultipartUpload s3:GetObject s3:ListBucket s3:PutObject"
      worker    = "kms:Decrypt kms:GenerateDataKey s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:ListBucket s3:PutObject sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage"
    }
    error_message = "only the worker removes files and reads hits"
  }
  assert {
    condition     = !contains(keys(aws_iam_role.task), "migrate")
    error_message = "a migration calls nothing of AWS"
  }
}

run "requests_go_by_tls_to_tasks_that_are_ready" {
  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && aws_lb_target_group.api.health_check[0].path == "/readyz"
    error_message = "only to those that say they are"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.from_balancer.referenced_security_group_id == aws_security_group.balancer.id
    error_message = "and only from the load balancer"
  }
}

run "hits_that_wait_start_more_workers" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.hits_wait.metric_name == "ApproximateAgeOfOldestMessage" && contains(aws_cloudwatch_metric_alarm.hits_wait.alarm_actions, aws_appautoscaling_policy.hits.arn)
    error_message = "by the age of the oldest"
  }
}

run "a_tag_is_no_release" {
  command = plan
  variables {
    image = "marquee:latest"
  }
  expect_failures = [var.image]
}
