resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "The load balancer: all that is public"
  vpc_id      = var.vpc_id
}

resource "aws_security_group" "tasks" {
  name        = "${var.name}-tasks"
  description = "The core: reached by the load balancer only"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.balancer.id
  description       = "Clients"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "to_tasks" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "The API"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

resource "aws_vpc_security_group_ingress_rule" "from_balancer" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "The API"
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

# Cloudflare, the gateway, mail, and whoever wants webhooks: their addresses are not ours to list.
resource "aws_vpc_security_group_egress_rule" "out" {
  security_group_id = aws_security_group.tasks.id
  description       = "Other systems"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

# Who looks into videos that strangers send: were ffmpeg or ffprobe taken over, there is nobody to tell. Names are looked up
# by the network's own resolver, which no group stands before.
resource "aws_security_group" "contained" {
  name        = "${var.name}-contained"
  description = "transcode: reaches Postgres, the bucket, and what ECS needs to start a task"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "contained_postgres" {
  security_group_id            = aws_security_group.contained.id
  description                  = "Postgres"
  referenced_security_group_id = var.database.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "contained_files" {
  security_group_id = aws_security_group.contained.id
  description       = "S3, by the endpoint that lets through to our bucket only"
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "contained_endpoints" {
  security_group_id            = aws_security_group.contained.id
  description                  = "Images, logs and secrets, within the network"
  referenced_security_group_id = var.endpoints_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

locals {
  # Server-sent events of an upload's progress.
  idle_seconds = 120
}

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28:the core throttles guesses itself; visitors' requests go to Cloudflare and never here
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.public_subnet_ids
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = true
  idle_timeout               = local.idle_seconds

  access_logs {
    bucket  = var.access_logs_bucket
    prefix  = "balancer"
    enabled = true
  }
}

resource "aws_lb_target_group" "api" {
  #checkov:skip=CKV_AWS_378:within the network, from the load balancer to a task
  name                 = "${var.name}-api"
  vpc_id               = var.vpc_id
  port                 = 8080
  protocol             = "HTTP"
  target_type          = "ip"
  deregistration_delay = "30"

  health_check {
    path                = "/readyz"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}
