# What each service calls, and no more: `core/src/platform/files` and `core/src/adapters/sqs.rs` are the ones that call AWS, and
# collector.tf.

locals {
  assume = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  # Areas of the bucket that each service reads, writes and removes.
  areas = {
    api       = { read = ["quarantine", "avatars", "videos"], write = ["quarantine", "avatars"], remove = [] }
    worker    = { read = ["quarantine", "doctor"], write = ["doctor"], remove = ["quarantine", "avatars", "videos", "doctor"] }
    transcode = { read = ["quarantine", "videos"], write = ["videos"], remove = [] }
  }
  files = { for service, areas in local.areas : service => concat(
    [
      # Without this S3 says "forbidden" of what is not there.
      { Effect = "Allow", Action = ["s3:ListBucket"], Resource = [var.bucket_arn] },
      { Effect = "Allow", Action = ["s3:GetObject"], Resource = [for area in areas.read : "${var.bucket_arn}/${area}/*"] },
      { Effect = "Allow", Action = ["s3:AbortMultipartUpload", "s3:PutObject"], Resource = [for area in areas.write : "${var.bucket_arn}/${area}/*"] },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = [var.bucket_kms_key_arn] },
    ],
    length(areas.remove) == 0 ? [] : [
      { Effect = "Allow", Action = ["s3:DeleteObject"], Resource = [for area in areas.remove : "${var.bucket_arn}/${area}/*"] },
    ],
  ) }
  hits = [
    {
      Effect   = "Allow"
      Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = [var.queue.arn]
    },
    { Effect = "Allow", Action = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], Resource = [var.queue.dead_arn] },
  ]
  statements = {
    api       = concat(local.files.api, local.measurements)
    worker    = concat(local.files.worker, local.hits, local.measurements)
    transcode = local.files.transcode
  }
}

resource "aws_iam_role" "task" {
  for_each = local.statements

  name               = "${var.name}-${each.key}"
  assume_role_policy = local.assume
}

resource "aws_iam_role_policy" "task" {
  for_each = local.statements

  name   = "calls"
  role   = aws_iam_role.task[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

# With which ECS itself starts a task; programs within never see it.
resource "aws_iam_role" "start" {
  name               = "${var.name}-start"
  assume_role_policy = local.assume
}

resource "aws_iam_role_policy" "start" {
  name = "start-tasks"
  role = aws_iam_role.start.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
      { Effect = "Allow", Action = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = [var.repository_arn] },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = [for group in values(var.log_groups) : "${group.arn}:*"] },
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = values(var.secrets) },
      { Effect = "Allow", Action = ["kms:Decrypt"], Resource = [var.secrets_kms_key_arn] },
    ]
  })
}
