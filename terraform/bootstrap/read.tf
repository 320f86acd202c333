# A role that looks, for jobs that nobody approves: Deploy plans before somebody does, and Propose asks the state what
# Terraform made for the Workers. Its jobs are of GitHub's environments with `-read` behind. Its name is none that a
# deployment may change (github.tf).

locals {
  # What terraform/ makes.
  looked_at = [
    "acm", "application-autoscaling", "cloudfront", "cloudwatch", "ec2", "ecr", "ecs", "elasticloadbalancing", "events", "iam",
    "kms", "logs", "rds", "s3", "secretsmanager", "ses", "sns", "sqs",
  ]
}

resource "aws_iam_role" "read" {
  for_each = var.environments

  name                 = "marquee-read-${each.key}"
  description          = "Taken on by jobs of ${var.repository} that only look at ${each.key}"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:${var.repository}:environment:${each.key}-read"
      } }
    }]
  })
}

resource "aws_iam_role_policy" "read" {
  #checkov:skip=CKV_AWS_355:it may look at what there is, and is denied what is inside
  #checkov:skip=CKV_AWS_288:it may read no secret's value, no file of the bucket, no message and no log
  for_each = var.environments

  name = "read"
  role = aws_iam_role.read[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "State"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${aws_s3_bucket.state.arn}/${each.key}/terraform.tfstate"]
      },
      {
        Sid       = "ListState"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [aws_s3_bucket.state.arn]
        Condition = { StringLike = { "s3:prefix" = ["${each.key}/*"] } }
      },
      {
        Sid      = "OpenState"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = [module.key.arn]
      },
      {
        Sid      = "Look"
        Effect   = "Allow"
        Action   = flatten([for service in local.looked_at : [for verb in ["Describe", "Get", "List"] : "${service}:${verb}*"]])
        Resource = ["*"]
      },
      {
        Sid    = "NoContents"
        Effect = "Deny"
        Action = [
          "ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot", "ec2:GetPasswordData", "logs:GetLogEvents", "logs:GetLogObject",
          "logs:GetLogRecord", "logs:GetQueryResults", "secretsmanager:GetRandomPassword", "secretsmanager:GetSecretValue",
        ]
        Resource = ["*"]
      },
      {
        Sid         = "NoFiles"
        Effect      = "Deny"
        Action      = ["s3:GetObject*"]
        NotResource = ["${aws_s3_bucket.state.arn}/${each.key}/terraform.tfstate"]
      },
    ]
  })
}

output "read_roles" {
  description = "The variable AWS_ROLE of GitHub's environments with `-read` behind."
  value       = { for environment, role in aws_iam_role.read : environment => role.arn }
}
