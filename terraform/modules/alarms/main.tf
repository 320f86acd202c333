# Alarms that people hear of: each tells the topic when it begins, and when it is over.

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = var.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.stat
  comparison_operator = each.value.compare
  threshold           = each.value.threshold
  period              = each.value.minutes * 60
  evaluation_periods  = each.value.times
  treat_missing_data  = each.value.missing
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}
