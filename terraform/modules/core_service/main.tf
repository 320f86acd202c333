# The core on Fargate: one image, three services, and the migration that runs before they are updated.

data "aws_region" "current" {}

locals {
  commands = {
    api       = ["serve"]
    worker    = ["work", "--roles", "default,mail,ingest,cron,payments"]
    transcode = ["work", "--roles", "transcode,media"]
    migrate   = ["migrate"]
  }
  environment = merge(var.environment, {
    MARQUEE_LISTEN = "0.0.0.0:8080"
    # The collector beside it shares this address; nobody outside of the task reaches it.
    MARQUEE_METRICS_LISTEN = local.metrics_address
    MARQUEE_STOP_SECONDS   = "25"
    # Longer than the load balancer keeps a connection that is idle, else it sends a request on one that just closed.
    MARQUEE_CLIENT_SECONDS = tostring(local.idle_seconds + 15)
  })
  sizes = merge(var.sizes, { migrate = { cpu = 512, memory = 1024, least = 0, most = 0 } })
  containers = { for service, command in local.commands : service => {
    name                   = "marquee"
    image                  = var.image
    command                = command
    essential              = true
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    # The core takes 25 s to stop, and 2 s more before it gives up.
    stopTimeout      = 40
    linuxParameters  = { capabilities = { drop = ["ALL"], add = [] }, initProcessEnabled = false }
    mountPoints      = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]
    portMappings     = service == "api" ? [{ containerPort = 8080, protocol = "tcp" }] : []
    environment      = [for name, value in local.environment : { name = name, value = value }]
    secrets          = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    healthCheck      = service == "migrate" ? null : { command = ["CMD", "marquee", "health"], interval = 15, timeout = 5, retries = 3, startPeriod = 30 }
    logConfiguration = { logDriver = "awslogs", options = { awslogs-group = var.log_groups[service].name, awslogs-region = data.aws_region.current.region, awslogs-stream-prefix = service } }
  } }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.containers

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = local.sizes[each.key].cpu
  memory                   = local.sizes[each.key].memory
  execution_role_arn       = aws_iam_role.start.arn
  # A migration calls nothing of AWS.
  task_role_arn         = each.key == "migrate" ? null : aws_iam_role.task[each.key].arn
  container_definitions = jsonencode(concat([each.value], [for beside, of in local.collectors : of if beside == each.key]))

  # The only place that can be written to: videos are worked on there.
  volume {
    name = "scratch"
  }

  ephemeral_storage {
    size_in_gib = each.key == "transcode" ? 60 : 21
  }

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  # Else a task starts before its roles may fetch the image and its secrets, and `-target` of the migration leaves out that
  # they may at all.
  depends_on = [aws_iam_role_policy.start, aws_iam_role_policy.task]
}

resource "aws_ecs_service" "this" {
  for_each = var.sizes

  name                               = each.key
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this[each.key].arn
  desired_count                      = each.value.least
  platform_version                   = "LATEST"
  propagate_tags                     = "SERVICE"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = each.key == "api" ? 60 : null

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  # A transcode that is taken away is begun again by another task: cheap, and a quarter stays where nobody takes it.
  dynamic "capacity_provider_strategy" {
    for_each = each.key == "transcode" ? { FARGATE = 1, FARGATE_SPOT = 3 } : { FARGATE = 1 }
    content {
      capacity_provider = capacity_provider_strategy.key
      weight            = capacity_provider_strategy.value
    }
  }

  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [each.key == "transcode" ? aws_security_group.contained.id : aws_security_group.tasks.id]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = each.key == "api" ? [aws_lb_target_group.api.arn] : []
    content {
      target_group_arn = load_balancer.value
      container_name   = "marquee"
      container_port   = 8080
    }
  }

  lifecycle {
    # Autoscaling has it from here.
    ignore_changes = [desired_count]
  }

  depends_on = [
    aws_lb_listener.https,
    aws_vpc_security_group_egress_rule.contained_endpoints, aws_vpc_security_group_egress_rule.contained_files,
    aws_vpc_security_group_egress_rule.contained_postgres, aws_vpc_security_group_egress_rule.out,
  ]
}
