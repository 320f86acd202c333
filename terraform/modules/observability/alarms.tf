locals {
  always_told = "marquee_pool_limit"
  # What the core says of itself. `stat` over `minutes`, `by` labels, against `above`; the runbook is a section of
  # docs/alerts.md.
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

module "alarms" {
  source = "../alarms"

  name      = var.name
  topic_arn = aws_sns_topic.alarms.arn
  alarms = merge(
    { for name, alarm in local.alarms : name => {
      says       = alarm.says
      namespace  = var.metrics_namespace
      metric     = alarm.metric
      dimensions = merge({ Environment = var.name }, alarm.by)
      stat       = alarm.stat
      minutes    = alarm.minutes
      times      = alarm.times
      threshold  = alarm.above
    } },
    # Each process that has a collector tells it each minute: none does, so nobody measures any more, or nothing runs.
    { silent = {
      says       = "no process of the core is measured: none runs, or its collectors do not"
      namespace  = var.metrics_namespace
      metric     = local.always_told
      dimensions = { Environment = var.name }
      stat       = "SampleCount"
      minutes    = 1
      times      = 5
      compare    = "LessThanThreshold"
      threshold  = 1
      missing    = "breaching"
    } },
  )
}
