# What came back: SES tells EventBridge, which calls the core. No program of ours in between.

locals {
  # What the core is told, by what SES says. The core mails one person at a time, so there is one recipient.
  bounces = {
    hard      = { type = "Email Bounced", of = { bounceType = ["Permanent"] }, under = "bounce", list = "bouncedRecipients" }
    soft      = { type = "Email Bounced", of = { bounceType = ["Transient", "Undetermined"] }, under = "bounce", list = "bouncedRecipients" }
    complaint = { type = "Email Complaint Received", of = null, under = "complaint", list = "complainedRecipients" }
  }
}

resource "aws_sesv2_configuration_set_event_destination" "this" {
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
  event_destination_name = "core"

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT"]

    event_bridge_destination {
      # SES takes no other bus than this.
      event_bus_arn = "arn:aws:events:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:event-bus/default"
    }
  }
}

# The API key (permission mail.manage) is written by hand, terraform/README.md says how; the state keeps this word.
resource "aws_cloudwatch_event_connection" "core" {
  name               = "${var.name}-mail-bounces"
  description        = "An API key of the core with the permission mail.manage"
  authorization_type = "API_KEY"

  auth_parameters {
    api_key {
      key   = "authorization"
      value = "written by hand"
    }
  }

  lifecycle {
    ignore_changes = [auth_parameters]
  }
}

resource "aws_cloudwatch_event_api_destination" "core" {
  name                             = "${var.name}-mail-bounces"
  invocation_endpoint              = "${var.api_url}/v1/mail-bounces"
  http_method                      = "POST"
  invocation_rate_limit_per_second = 10
  connection_arn                   = aws_cloudwatch_event_connection.core.arn
}

resource "aws_cloudwatch_event_rule" "bounce" {
  for_each = local.bounces

  name        = "${var.name}-mail-${each.key}"
  description = "Mail of ${var.domain} that came back: ${each.key}"
  event_pattern = jsonencode({
    source      = ["aws.ses"]
    detail-type = [each.value.type]
    detail = merge(
      { mail = { tags = { "ses:configuration-set" = [var.name] } } },
      each.value.of == null ? {} : { (each.value.under) = each.value.of },
    )
  })
}

resource "aws_cloudwatch_event_target" "bounce" {
  for_each = local.bounces

  rule     = aws_cloudwatch_event_rule.bounce[each.key].name
  arn      = aws_cloudwatch_event_api_destination.core.arn
  role_arn = aws_iam_role.bounces.arn

  input_transformer {
    input_paths    = { email = "$.detail.${each.value.under}.${each.value.list}[0].emailAddress", id = "$.detail.mail.messageId" }
    input_template = "{\"email\": \"<email>\", \"kind\": \"${each.key}\", \"detail\": \"SES <id>\"}"
  }

  retry_policy {
    maximum_event_age_in_seconds = 24 * 60 * 60
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = aws_sqs_queue.untold.arn
  }

  depends_on = [aws_iam_role_policy.bounces]
}

resource "aws_iam_role" "bounces" {
  name = "${var.name}-mail-bounces"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "events.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "bounces" {
  name = "tell-the-core"
  role = aws_iam_role.bounces.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["events:InvokeApiDestination"]
      Resource = [aws_cloudwatch_event_api_destination.core.arn]
    }]
  })
}

# What the core would not hear within a day.
resource "aws_sqs_queue" "untold" {
  name                      = "${var.name}-mail-bounces-dead"
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.alarms_kms_key_arn
}

resource "aws_sqs_queue_policy" "untold" {
  queue_url = aws_sqs_queue.untold.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Rules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.untold.arn
        Condition = { ArnEquals = { "aws:SourceArn" = [for rule in aws_cloudwatch_event_rule.bounce : rule.arn] } }
      },
      {
        Sid       = "OnlyByTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.untold.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

locals {
  alarms = {
    untold = {
      namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.untold.name }, above = 0
      says      = "bounces that the core would not hear: is the API key of the connection still good?"
    }
    # SES looks at an account from 5 % and 0.1 % on, and ends it at 10 % and 0.5 %.
    bounced = {
      namespace = "AWS/SES", metric = "Reputation.BounceRate", dimensions = {}, above = 0.04
      says      = "4 % of our mail comes back: see marquee mail list --status dead"
    }
    complained = {
      namespace = "AWS/SES", metric = "Reputation.ComplaintRate", dimensions = {}, above = 0.0008
      says      = "people report our mail"
    }
  }
}

module "alarms" {
  source = "../alarms"

  name      = "${var.name}-mail"
  topic_arn = var.alarm_topic_arn
  alarms = { for name, alarm in local.alarms : name => {
    says       = alarm.says
    namespace  = alarm.namespace
    metric     = alarm.metric
    dimensions = alarm.dimensions
    stat       = "Maximum"
    minutes    = 5
    threshold  = alarm.above
  } }
}
