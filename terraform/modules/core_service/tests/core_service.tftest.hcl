mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
}

variables {
  name                        = "marquee-test"
  image                       = "123456789012.dkr.ecr.us-east-1.amazonaws.com/marquee@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  repository_arn              = "arn:aws:ecr:us-east-1:123456789012:repository/marquee"
  vpc_id                      = "vpc-1"
  public_subnet_ids           = ["subnet-1", "subnet-2"]
  private_subnet_ids          = ["subnet-3", "subnet-4"]
  s3_prefix_list_id           = "pl-s3"
  endpoints_security_group_id = "sg-endpoints"
  certificate_arn             = "arn:aws:acm:us-east-1:123456789012:certificate/1"
  access_logs_bucket          = "logs"
  environment                 = { MARQUEE_ENV = "staging", MARQUEE_BASE_URL = "https://api.acme.example" }
  secrets                     = { DATABASE_URL = "arn:secret:database", SMTP_URL = "arn:secret:smtp" }
  secrets_kms_key_arn         = "arn:kms:secrets"
  sizes = {
    api       = { cpu = 512, memory = 1024, least = 2, most = 6 }
    worker    = { cpu = 512, memory = 1024, least = 1, most = 4 }
    transcode = { cpu = 2048, memory = 4096, least = 1, most = 4 }
  }
  database = {
    master_secret_arn = "arn:secret:master"
    kms_key_arn       = "arn:kms:database"
    security_group_id = "sg-database"
    authority_pem     = "-----BEGIN CERTIFICATE-----"
    client_image      = "public.ecr.aws/docker/library/postgres@sha256:3333333333333333333333333333333333333333333333333333333333333333"
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
  collector = {
    image     = "public.ecr.aws/aws-observability/aws-otel-collector@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    namespace = "Marquee"
    log_group = { name = "/metrics", arn = "arn:logs:metrics" }
  }
}

run "one_image_runs_by_its_digest_in_every_role" {
  assert {
    condition = { for service, task in aws_ecs_task_definition.this : service => join(" ", jsondecode(task.container_definitions)[0].command) if jsondecode(task.container_definitions)[0].image == var.image } == {
      api       = "serve"
      migrate   = "migrate"
      transcode = "work --roles transcode,media"
      worker    = "work --roles default,mail,ingest,cron,payments"
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
      api       = "kms:Decrypt kms:GenerateDataKey logs:CreateLogStream logs:PutLogEvents s3:AbortMultipartUpload s3:GetObject s3:ListBucket s3:PutObject"
      transcode = "kms:Decrypt kms:GenerateDataKey s3:AbortMultipartUpload s3:GetObject s3:ListBucket s3:PutObject"
      worker    = "kms:Decrypt kms:GenerateDataKey logs:CreateLogStream logs:PutLogEvents s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:ListBucket s3:PutObject sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage"
    }
    error_message = "only the worker removes files and reads hits"
  }
  assert {
    condition     = !contains(keys(aws_iam_role.task), "migrate")
    error_message = "a migration calls nothing of AWS"
  }
}

run "one_task_alone_is_given_the_masters_password" {
  assert {
    condition = [for secret in jsondecode(aws_ecs_task_definition.database_role.container_definitions)[0].secrets : "${secret.name} ${secret.valueFrom}"] == [
      "DATABASE_URL arn:secret:database", "MASTER_USERNAME arn:secret:master:username::", "MASTER_PASSWORD arn:secret:master:password::",
    ]
    error_message = "that which makes the role named by DATABASE_URL"
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.start_database_role.policy, "arn:secret:master") && strcontains(aws_iam_role_policy.start_database_role.policy, "arn:kms:database") && !strcontains(aws_iam_role_policy.start.policy, "arn:secret:master")
    error_message = "ECS may take it out for that task, and for no other"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.database_role.container_definitions)[0].readonlyRootFilesystem && jsondecode(aws_ecs_task_definition.database_role.container_definitions)[0].linuxParameters.capabilities.drop == ["ALL"]
    error_message = "and can do nothing to its machine"
  }
}

run "people_run_verbs_as_a_worker_would" {
  assert {
    condition     = output.command.task_definition == aws_ecs_task_definition.this["worker"].arn && output.command.security_groups == [aws_security_group.tasks.id] && output.command.subnets == var.private_subnet_ids
    error_message = "with its rights, where Postgres lets it in"
  }
  assert {
    condition = alltrue([for name, task in { command = jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0], migration = jsondecode(aws_ecs_task_definition.this["migrate"].container_definitions)[0], database_role = jsondecode(aws_ecs_task_definition.database_role.container_definitions)[0] } :
      { command = output.command, migration = output.migration, database_role = output.database_role }[name].container == task.name
      && { command = output.command, migration = output.migration, database_role = output.database_role }[name].log_group == task.logConfiguration.options.awslogs-group
    && { command = output.command, migration = output.migration, database_role = output.database_role }[name].log_prefix == task.logConfiguration.options.awslogs-stream-prefix])
    error_message = "and read its log where it writes it"
  }
}

run "who_looks_into_videos_reaches_nobody_who_could_be_told" {
  assert {
    condition = { for service, it in aws_ecs_service.this : service => tolist(it.network_configuration[0].security_groups) } == {
      api       = tolist([aws_security_group.tasks.id])
      transcode = tolist([aws_security_group.contained.id])
      worker    = tolist([aws_security_group.tasks.id])
    }
    error_message = "transcode is in a group of its own"
  }
  assert {
    condition = (
      alltrue([for rule in [aws_vpc_security_group_egress_rule.contained_postgres, aws_vpc_security_group_egress_rule.contained_files, aws_vpc_security_group_egress_rule.contained_endpoints] : rule.security_group_id == aws_security_group.contained.id && rule.from_port == rule.to_port])
      && aws_vpc_security_group_egress_rule.contained_postgres.referenced_security_group_id == "sg-database" && aws_vpc_security_group_egress_rule.contained_postgres.to_port == 5432
      && aws_vpc_security_group_egress_rule.contained_files.prefix_list_id == "pl-s3" && aws_vpc_security_group_egress_rule.contained_files.to_port == 443
      && aws_vpc_security_group_egress_rule.contained_endpoints.referenced_security_group_id == "sg-endpoints" && aws_vpc_security_group_egress_rule.contained_endpoints.to_port == 443
    )
    error_message = "which reaches Postgres, the bucket, and what starts its tasks"
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.out.security_group_id == aws_security_group.tasks.id && aws_security_group.tasks.id != aws_security_group.contained.id
    error_message = "the others talk to other systems"
  }
  assert {
    condition     = alltrue([for role in ["media", "transcode"] : contains(split(",", local.commands.transcode[2]), role) && !contains(split(",", local.commands.worker[2]), role)])
    error_message = "both jobs that open a stranger's file are done there, and nowhere else"
  }
}

run "requests_go_by_tls_to_tasks_that_are_ready" {
  assert {
    condition     = alltrue([for setting in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : tonumber(setting.value) > aws_lb.this.idle_timeout if setting.name == "MARQUEE_CLIENT_SECONDS"])
    error_message = "the load balancer closes idle connections first, never the core"
  }
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

run "a_collector_beside_each_process_asks_it_and_nobody_else_can" {
  assert {
    condition = { for service, task in aws_ecs_task_definition.this : service => [for container in jsondecode(task.container_definitions) : container.image] } == {
      api       = [var.image, var.collector.image]
      migrate   = [var.image]
      transcode = [var.image]
      worker    = [var.image, var.collector.image]
    }
    error_message = "a migration is over before anybody would ask it, and where transcode runs only our own images can be had"
  }
  assert {
    condition = alltrue([for service in ["api", "worker"] :
      [for setting in jsondecode(aws_ecs_task_definition.this[service].container_definitions)[0].environment : setting.value if setting.name == "MARQUEE_METRICS_LISTEN"]
      == flatten(yamldecode(jsondecode(aws_ecs_task_definition.this[service].container_definitions)[1].environment[0].value).receivers.prometheus.config.scrape_configs[*].static_configs[*].targets)
    ])
    error_message = "the core listens where it is asked"
  }
  assert {
    condition     = startswith(local.metrics_address, "127.0.0.1:")
    error_message = "within the task only"
  }
  assert {
    condition     = [for container in jsondecode(aws_ecs_task_definition.this["api"].container_definitions) : [for port in container.portMappings : port.containerPort]] == [[8080], []]
    error_message = "and the load balancer reaches the API alone"
  }
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : [for container in jsondecode(task.container_definitions) : container.name if container.essential] == ["marquee"]])
    error_message = "a collector that ends takes no service with it"
  }
}

run "what_is_collected_is_what_is_asked_for" {
  assert {
    condition = { for declared in yamldecode(local.collector_config.worker).exporters.awsemf.metric_declarations : declared.metric_name_selectors[0] => [for dimensions in declared.dimensions : join(",", dimensions)] if contains(["^marquee_jobs_overdue_seconds", "^marquee_pool_limit"], declared.metric_name_selectors[0]) } == {
      "^marquee_jobs_overdue_seconds" = ["Environment", "Environment,role"]
      "^marquee_pool_limit"           = ["Environment"]
    }
    error_message = "jobs of all roles, and of each; the rest of the whole environment"
  }
  assert {
    condition     = yamldecode(local.collector_config.worker).receivers.prometheus.config.scrape_configs[0].static_configs[0].labels.Environment == var.name && yamldecode(local.collector_config.worker).exporters.awsemf.namespace == "Marquee"
    error_message = "by the environment's name, where alarms look"
  }
  assert {
    condition     = alltrue([for name in keys(output.metrics) : can(regex("^(?:${yamldecode(local.collector_config.api).receivers.prometheus.config.scrape_configs[0].metric_relabel_configs[0].regex})$", name))])
    error_message = "each is kept when it is asked for"
  }
  assert {
    condition     = alltrue([for config in values(local.collector_config) : !strcontains(config, "$")])
    error_message = "the collector would put a variable's value there"
  }
  assert {
    condition     = alltrue([for name in keys(output.metrics) : length([for other in keys(output.metrics) : other if startswith(other, name)]) == 1])
    error_message = "none begins as another does, or both would be declared by one"
  }
}

run "jobs_that_wait_start_more_of_who_does_them" {
  assert {
    condition = { for service, alarm in aws_cloudwatch_metric_alarm.jobs_wait : service => join(" ", sort([for query in alarm.metric_query : one(query.metric).dimensions.role if query.id != "longest"])) } == {
      transcode = "media transcode"
      worker    = "default mail payments"
    }
    error_message = "each by the roles that it has"
  }
  assert {
    condition     = alltrue([for query in flatten([for alarm in aws_cloudwatch_metric_alarm.jobs_wait : alarm.metric_query]) : query.id == "longest" || contains(keys(output.metrics), try(one(query.metric).metric_name, ""))])
    error_message = "by what the collectors bring"
  }
  assert {
    condition     = alltrue([for service, alarm in aws_cloudwatch_metric_alarm.jobs_wait : contains(alarm.alarm_actions, aws_appautoscaling_policy.jobs[service].arn) && toset(split(",", element(concat(local.commands[service], [""]), 2))) == setunion(local.roles[service], service == "worker" ? ["ingest", "cron"] : [])])
    error_message = "all roles of its command, but ingest, which hits start, and cron, which only wakes"
  }
}

run "a_collector_by_a_tag_is_refused" {
  command = plan
  variables {
    collector = { image = "public.ecr.aws/aws-observability/aws-otel-collector:latest", namespace = "Marquee", log_group = { name = "/metrics", arn = "arn:logs:metrics" } }
  }
  expect_failures = [var.collector]
}

run "a_tag_is_no_release" {
  command = plan
  variables {
    image = "marquee:latest"
  }
  expect_failures = [var.image]
}
