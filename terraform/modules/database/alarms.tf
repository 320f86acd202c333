locals {
  gib = 1024 * 1024 * 1024
  alarms = {
    processor = {
      metric = "CPUUtilization", compare = "GreaterThanThreshold", threshold = 85, stat = "Average"
      says   = "Postgres has been busy for a quarter of an hour"
    }
    storage = {
      metric = "FreeStorageSpace", compare = "LessThanThreshold", threshold = 10 * local.gib, stat = "Minimum"
      says   = "Postgres has less than 10 GiB left, though storage grows by itself"
    }
    connections = {
      metric = "DatabaseConnections", compare = "GreaterThanThreshold", threshold = var.connections_limit, stat = "Maximum"
      says   = "more connections than all processes should hold: MARQUEE_POOL_SIZE times tasks"
    }
    memory = {
      metric = "FreeableMemory", compare = "LessThanThreshold", threshold = local.gib / 4, stat = "Minimum"
      says   = "Postgres has less than 256 MiB of memory left"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-database-${each.key}"
  alarm_description   = each.value.says
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = aws_db_instance.this.identifier }
  statistic           = each.value.stat
  comparison_operator = each.value.compare
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
