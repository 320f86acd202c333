# GitHub's jobs take on a role by a token that says which repository and environment they are of: no key is kept anywhere.
# Who may start such a job is decided by the environment's protection rules.

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "deploy" {
  for_each = var.environments

  name                 = "marquee-${each.key}-deploy"
  description          = "Taken on by deployments of ${each.key} from ${var.repository}"
  max_session_duration = 14400
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:${var.repository}:environment:${each.key}"
      } }
    }]
  })
}

locals {
  # What has names is held to this environment's; what has none (networks, keys, the balancer) is held to these services,
  # less what is tagged as another environment's, as the environments' provider tags all that it makes.
  named = { for environment in var.environments : environment => {
    "iam"            = ["arn:aws:iam::${var.account_id}:role/marquee-${environment}-*", "arn:aws:iam::${var.account_id}:user/marquee-${environment}-*"]
    "sqs"            = ["arn:aws:sqs:${var.region}:${var.account_id}:marquee-${environment}-*"]
    "sns"            = ["arn:aws:sns:${var.region}:${var.account_id}:marquee-${environment}-*"]
    "logs"           = ["arn:aws:logs:${var.region}:${var.account_id}:log-group:/marquee-${environment}/*"]
    "rds"            = ["arn:aws:rds:${var.region}:${var.account_id}:*:marquee-${environment}*"]
    "events"         = ["arn:aws:events:${var.region}:${var.account_id}:*/marquee-${environment}-*"]
    "ecs"            = ["arn:aws:ecs:${var.region}:${var.account_id}:*/marquee-${environment}*"]
    "secretsmanager" = ["arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:marquee-${environment}/*", "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:events!connection/marquee-${environment}-*"]
    "cloudwatch"     = ["arn:aws:cloudwatch:${var.region}:${var.account_id}:alarm:marquee-${environment}-*", "arn:aws:cloudwatch::${var.account_id}:dashboard/marquee-${environment}"]
    "s3"             = ["arn:aws:s3:::*marquee-${environment}", "arn:aws:s3:::*marquee-${environment}-logs"]
  } }
  unnamed = ["acm", "application-autoscaling", "cloudfront", "ec2", "elasticloadbalancing", "kms", "ses"]
}

resource "aws_iam_policy" "deploy" {
  #checkov:skip=CKV_AWS_355:networks, keys and certificates have no names to hold it to; what has names is
  #checkov:skip=CKV_AWS_289:it makes the roles of its environment; it cannot touch its own, nor another's
  #checkov:skip=CKV_AWS_290:it makes what is in terraform/, and nothing of another service
  #checkov:skip=CKV_AWS_286:roles that it makes are of its environment, and for the services below only
  #checkov:skip=CKV_AWS_288:it may read no secret's value and no file of the bucket
  #checkov:skip=CKV2_AWS_40:of IAM it may change this environment's roles and users only
  for_each = var.environments

  name = "marquee-${each.key}-deploy"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for service, resources in local.named[each.key] : {
        Sid      = "Named${title(service)}"
        Effect   = "Allow"
        Action   = ["${service}:*"]
        Resource = resources
      } if service != "iam"],
      [
        {
          Sid      = "Unnamed"
          Effect   = "Allow"
          Action   = [for service in local.unnamed : "${service}:*"]
          Resource = ["*"]
        },
        {
          Sid    = "Look"
          Effect = "Allow"
          Action = [
            "cloudwatch:Describe*", "ecs:Describe*", "ecs:List*", "events:Describe*", "events:List*", "iam:GetPolicy",
            "iam:GetPolicyVersion", "iam:ListPolicies", "logs:Describe*", "logs:List*", "rds:Describe*", "rds:List*",
          ]
          Resource = ["*"]
        },
        # ECS cannot hold these to a name: a task definition is only words until a service runs it, and so is a cluster
        # that nothing runs in.
        {
          Sid      = "ClusterAndTaskDefinitions"
          Effect   = "Allow"
          Action   = ["ecs:CreateCluster", "ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition"]
          Resource = ["*"]
        },
        # RDS asks whether Postgres may have the options that it has without our asking.
        {
          Sid      = "DefaultOptions"
          Effect   = "Allow"
          Action   = ["rds:CreateDBInstance", "rds:ModifyDBInstance", "rds:RestoreDBInstanceToPointInTime"]
          Resource = ["arn:aws:rds:${var.region}:${var.account_id}:og:default:postgres-*"]
        },
        {
          Sid    = "RolesAndUsers"
          Effect = "Allow"
          Action = [
            "iam:AttachRolePolicy", "iam:CreateRole", "iam:CreateUser", "iam:DeleteRole", "iam:DeleteRolePolicy",
            "iam:DeleteUser", "iam:DeleteUserPolicy", "iam:DetachRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:GetUser",
            "iam:GetUserPolicy", "iam:ListAttachedRolePolicies", "iam:ListGroupsForUser", "iam:ListInstanceProfilesForRole",
            "iam:ListRolePolicies", "iam:ListRoleTags", "iam:ListUserTags", "iam:PutRolePolicy", "iam:PutUserPolicy",
            "iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
          ]
          Resource = local.named[each.key]["iam"]
        },
        {
          Sid      = "OneManagedPolicy"
          Effect   = "Deny"
          Action   = ["iam:AttachRolePolicy"]
          Resource = ["*"]
          Condition = { ArnNotEquals = {
            "iam:PolicyARN" = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
          } }
        },
        {
          Sid      = "PassRoles"
          Effect   = "Allow"
          Action   = ["iam:PassRole"]
          Resource = ["arn:aws:iam::${var.account_id}:role/marquee-${each.key}-*"]
          Condition = { StringEquals = { "iam:PassedToService" = [
            "ecs-tasks.amazonaws.com", "events.amazonaws.com", "monitoring.rds.amazonaws.com", "vpc-flow-logs.amazonaws.com",
          ] } }
        },
        {
          Sid      = "ServiceRoles"
          Effect   = "Allow"
          Action   = ["iam:CreateServiceLinkedRole"]
          Resource = ["arn:aws:iam::${var.account_id}:role/aws-service-role/*"]
        },
        {
          Sid      = "Images"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:ListTagsForResource", "ecr:PutImage", "ecr:UploadLayerPart"]
          Resource = [aws_ecr_repository.core.arn]
        },
        {
          Sid      = "ImagesSignIn"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"]
        },
        {
          Sid      = "State"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject"]
          Resource = ["${aws_s3_bucket.state.arn}/${each.key}/terraform.tfstate"]
        },
        {
          Sid      = "Lock"
          Effect   = "Allow"
          Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
          Resource = ["${aws_s3_bucket.state.arn}/${each.key}/terraform.tfstate.tflock"]
        },
        {
          Sid       = "ListState"
          Effect    = "Allow"
          Action    = ["s3:ListBucket"]
          Resource  = [aws_s3_bucket.state.arn]
          Condition = { StringLike = { "s3:prefix" = ["${each.key}/*"] } }
        },
        # Not its keys either, by which that is sealed; nor may it take off the tag.
        {
          Sid      = "NotOthers"
          Effect   = "Deny"
          Action   = [for service in local.unnamed : "${service}:*"]
          Resource = ["*"]
          Condition = { StringEquals = {
            "aws:ResourceTag/Environment" = sort(setsubtract(var.environments, [each.key]))
          } }
        },
        {
          Sid      = "NotItself"
          Effect   = "Deny"
          Action   = ["iam:*"]
          Resource = [for environment in var.environments : "arn:aws:iam::${var.account_id}:role/marquee-${environment}-deploy"]
        },
        # It makes the places that these are kept in, and has no use for what is inside.
        {
          Sid      = "NoContents"
          Effect   = "Deny"
          Action   = ["secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "iam:CreateAccessKey", "iam:CreateLoginProfile"]
          Resource = ["*"]
        },
        {
          Sid      = "NoFiles"
          Effect   = "Deny"
          Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObjectVersion"]
          Resource = [for bucket in local.named[each.key]["s3"] : "${bucket}/*"]
        },
      ],
    )
  })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = var.environments

  role       = aws_iam_role.deploy[each.key].name
  policy_arn = aws_iam_policy.deploy[each.key].arn
}
