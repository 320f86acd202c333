# A role that looks, for jobs that nobody approves: Propose asks the state what Terraform made for the Workers. Its jobs are of
# GitHub's environments with `-read` behind. Its name is none that a deployment may change (github.tf).

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
        Resource = [aws_kms_key.this.arn]
      },
    ]
  })
}

output "read_roles" {
  description = "The variable AWS_ROLE of GitHub's environments with `-read` behind."
  value       = { for environment, role in aws_iam_role.read : environment => role.arn }
}
