locals {
  # What the core says of itself. `stat` over `minutes`, `by` labels, against `above`; the runbook is a section of docs/alerts.md.
  alarms = {
    # The core knows more than CloudWatch does, and tells a chat and Sentry, which an environment may have neither of.
    alert-open = {
      metric = "marquee_alerts_open", by = { severity = "serious" }, stat = "Maximum", above = 0, minutes = 5, times = 1
      says   = "a serious alert is open: `marquee alerts list` says which (deploy/marquee.sh), and docs/alerts.md what to do"
    }
    books-broken = {
      metric = "marquee_books_broken", by = {}, stat = "Maximum", above = 0, minutes = 5, times = 1
      says   = "a proof of the books does not hold: runbook books.broken"
    }
    hits-late = {
      metric = "marquee_hits_lag_seconds", by = {}, stat = "Maximum", above = 300, minutes = 5, times = 2
      says   = "decisions of the edge are counted more than five minutes late"
    }
    hits-quarantined = {
      metric = "marquee_hits_quarantined_total", by = {}, stat = "Sum", above = 0, minutes = 15, times = 1
      says   = "messages of the edge cannot be read: runbook hits.quarantined"
    }
    jobs-overdue = {
      metric = "marquee_jobs_overdue_seconds", by = {}, stat = "Maximum", above = 900, minutes = 5, times = 2
      says   = "a job has waited for a quarter of an hour: `marquee jobs list --status dead`"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "core" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = var.metrics_namespace
  dimensions          = merge({ Environment = var.name }, each.value.by)
  metric_name         = each.value.metric
  statistic           = each.value.stat
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  period              = each.value.minutes * 60
  evaluation_periods  = each.value.times
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Every process tells it each minute: none does, so nobody measures any more, or nothing runs.
resource "aws_cloudwatch_metric_alarm" "silent" {
  alarm_name          = "${var.name}-silent"
  alarm_description   = "no process of the core is measured: none runs, or its collectors do not"
  namespace           = var.metrics_namespace
  dimensions          = { Environment = var.name }
  metric_name         = "marquee_pool_limit"
  statistic           = "SampleCount"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
