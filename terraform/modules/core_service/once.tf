# Tasks that people run, each once: any verb of the core (deploy/marquee.sh), and the making of its role in Postgres
# (deploy/database-role.sh), for which alone the master's password is taken out.

locals {
  database_role = {
    name  = "database-role"
    image = var.database.client_image
    # ECS gives what it mounts to root; and root, without a capability, may do no more than others.
    user                   = "0:0"
    essential              = true
    readonlyRootFilesystem = true
    stopTimeout            = 30
    linuxParameters        = { capabilities = { drop = ["ALL"], add = [] }, initProcessEnabled = false }
    mountPoints            = [{ sourceVolume = "scratch", containerPath = "/scratch", readOnly = false }]
    portMappings           = []
    entryPoint             = ["bash", "-c"]
    command                = [file("${path.module}/database-role.sh")]
    environment            = [{ name = "AUTHORITY", value = var.database.authority_pem }]
    secrets = [
      { name = "DATABASE_URL", valueFrom = var.secrets["DATABASE_URL"] },
      { name = "MASTER_USERNAME", valueFrom = "${var.database.master_secret_arn}:username::" },
      { name = "MASTER_PASSWORD", valueFrom = "${var.database.master_secret_arn}:password::" },
    ]
    logConfiguration = { logDriver = "awslogs", options = { awslogs-group = var.log_groups["migrate"].name, awslogs-region = data.aws_region.current.region, awslogs-stream-prefix = "database-role" } }
  }
  where = {
    cluster         = aws_ecs_cluster.this.name
    subnets         = var.private_subnet_ids
    security_groups = [aws_security_group.tasks.id]
  }
}

resource "aws_ecs_task_definition" "database_role" {
  family                   = "${var.name}-database-role"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.start_database_role.arn
  container_definitions    = jsonencode([local.database_role])

  volume {
    name = "scratch"
  }

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  depends_on = [aws_iam_role_policy.start_database_role]
}

# Not the role that starts the core: that one is never given the master's password.
resource "aws_iam_role" "start_database_role" {
  name               = "${var.name}-start-database-role"
  assume_role_policy = local.assume
}

resource "aws_iam_role_policy" "start_database_role" {
  name = "start-task"
  role = aws_iam_role.start_database_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["${var.log_groups["migrate"].arn}:*"] },
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = [var.secrets["DATABASE_URL"], var.database.master_secret_arn] },
      { Effect = "Allow", Action = ["kms:Decrypt"], Resource = [var.secrets_kms_key_arn, var.database.kms_key_arn] },
    ]
  })
}
