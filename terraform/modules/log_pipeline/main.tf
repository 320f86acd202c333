# The way of hits: Cloudflare's queue (module edge), the log Worker, this queue, the core's role `ingest`.

locals {
  # As long as SQS keeps anything: an outage over a long weekend loses no hit.
  two_weeks = 14 * 24 * 60 * 60
}

resource "aws_sqs_queue" "hits" {
  name                      = "${var.name}-hits"
  message_retention_seconds = local.two_weeks
  receive_wait_time_seconds = 20
  # The core stores a batch within seconds; when Postgres is away it keeps batches in hand for as long as this and then
  # lets them come again.
  visibility_timeout_seconds = 120
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-hits-dead"
  message_retention_seconds = local.two_weeks
  sqs_managed_sse_enabled   = true
}

# Nothing but what could not be stored gets there.
resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.hits.arn]
  })
}

resource "aws_sqs_queue_policy" "this" {
  for_each = { hits = aws_sqs_queue.hits, dead = aws_sqs_queue.dead }

  queue_url = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyByTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# The log Worker runs at Cloudflare, where there is no role to take on. Its key is made by hand and given to wrangler
# (terraform/README.md), so that no state holds it; whoever finds it can add hits and nothing else.
resource "aws_iam_user" "log_worker" {
  #checkov:skip=CKV_AWS_273:a Worker of Cloudflare's cannot sign in by SSO or take on a role
  name = "${var.name}-log-worker"
}

resource "aws_iam_user_policy" "log_worker" {
  #checkov:skip=CKV_AWS_40:a group of one would say no more
  name = "send-hits"
  user = aws_iam_user.log_worker.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [aws_sqs_queue.hits.arn]
    }]
  })
}

locals {
  alarms = {
    hits-oldest = {
      queue = aws_sqs_queue.hits.name, metric = "ApproximateAgeOfOldestMessage", above = var.oldest_seconds, times = 3
      says  = "hits wait: is a worker of the role ingest running, and does Postgres take them?"
    }
    hits-depth = {
      queue = aws_sqs_queue.hits.name, metric = "ApproximateNumberOfMessagesVisible", above = var.depth, times = 3
      says  = "hits pile up faster than they are stored"
    }
    hits-dead = {
      queue = aws_sqs_queue.dead.name, metric = "ApproximateNumberOfMessagesVisible", above = 0, times = 1
      says  = "hits that Postgres would not store: runbook hits.refused_by_postgres, then send them back by a redrive"
    }
  }
}

module "alarms" {
  source = "../alarms"

  name      = var.name
  topic_arn = var.alarm_topic_arn
  alarms = { for name, alarm in local.alarms : name => {
    says       = alarm.says
    namespace  = "AWS/SQS"
    metric     = alarm.metric
    dimensions = { QueueName = alarm.queue }
    stat       = "Maximum"
    minutes    = 1
    times      = alarm.times
    threshold  = alarm.above
  } }
}
