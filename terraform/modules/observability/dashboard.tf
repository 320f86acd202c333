locals {
  # One row each: what customers see, what waits, what the parts below them do.
  widgets = [
    { title = "Requests by load balancer", metrics = [
      ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", var.load_balancer, { stat = "Sum" }],
      [".", "HTTPCode_Target_5XX_Count", ".", ".", { stat = "Sum" }],
      [".", "TargetResponseTime", ".", ".", { stat = "p99", yAxis = "right" }],
    ] },
    { title = "Hits: waiting, oldest, dead", metrics = [
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${var.name}-hits", { stat = "Maximum" }],
      [".", "ApproximateAgeOfOldestMessage", ".", ".", { stat = "Maximum", yAxis = "right" }],
      [".", "ApproximateNumberOfMessagesVisible", ".", "${var.name}-hits-dead", { stat = "Maximum" }],
    ] },
    { title = "Jobs overdue, by role", metrics = [
      for role in ["default", "mail", "media", "cron", "payments", "transcode"] :
      [var.metrics_namespace, "marquee_jobs_overdue_seconds", "Environment", var.name, "role", role, { stat = "Maximum" }]
    ] },
    { title = "Processor and memory of services", metrics = concat([
      for service in sort(var.services) : [
        ["AWS/ECS", "CPUUtilization", "ClusterName", var.name, "ServiceName", service, { stat = "Average" }],
        ["AWS/ECS", "MemoryUtilization", "ClusterName", var.name, "ServiceName", service, { stat = "Average" }],
      ]
    ]...) },
    { title = "Postgres", metrics = [
      ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", var.name, { stat = "Average" }],
      [".", "DatabaseConnections", ".", ".", { stat = "Maximum" }],
      [".", "FreeStorageSpace", ".", ".", { stat = "Minimum", yAxis = "right" }],
    ] },
    { title = "Mail: bounced, complained of", metrics = [
      ["AWS/SES", "Reputation.BounceRate", { stat = "Maximum" }],
      ["AWS/SES", "Reputation.ComplaintRate", { stat = "Maximum" }],
    ] },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for index, widget in local.widgets : {
      type   = "metric"
      x      = index % 2 * 12
      y      = floor(index / 2) * 6
      width  = 12
      height = 6
      properties = {
        title   = widget.title
        region  = data.aws_region.current.region
        period  = 60
        metrics = widget.metrics
      }
    }]
  })
}
