resource "aws_appautoscaling_target" "this" {
  for_each = var.sizes

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this[each.key].name}"
  min_capacity       = each.value.least
  max_capacity       = each.value.most
}

resource "aws_appautoscaling_policy" "processor" {
  for_each = aws_appautoscaling_target.this

  name               = "${var.name}-${each.key}-processor"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = each.value.service_namespace
  scalable_dimension = each.value.scalable_dimension
  resource_id        = each.value.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# Hits that wait are not seen in the processor: one more worker after a minute, three more after five.
resource "aws_appautoscaling_policy" "hits" {
  name               = "${var.name}-worker-hits"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this["worker"].service_namespace
  scalable_dimension = aws_appautoscaling_target.this["worker"].scalable_dimension
  resource_id        = aws_appautoscaling_target.this["worker"].resource_id

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    cooldown                = 120
    metric_aggregation_type = "Maximum"

    step_adjustment {
      metric_interval_lower_bound = "0"
      metric_interval_upper_bound = "240"
      scaling_adjustment          = 1
    }

    step_adjustment {
      metric_interval_lower_bound = "240"
      scaling_adjustment          = 3
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "hits_wait" {
  alarm_name          = "${var.name}-worker-scale-out"
  alarm_description   = "hits wait for a minute: more workers are started"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = var.queue.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 60
  period              = 60
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_appautoscaling_policy.hits.arn]
}

# Neither are jobs that wait for a lease: each service by the roles that it has (the gauge is the same in each process).
locals {
  roles = {
    worker    = ["default", "mail", "payments"]
    transcode = ["media", "transcode"]
  }
  job_wait_seconds = { worker = 60, transcode = 120 }
}

resource "aws_appautoscaling_policy" "jobs" {
  for_each = local.roles

  name               = "${var.name}-${each.key}-jobs"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    cooldown                = 120
    metric_aggregation_type = "Maximum"

    step_adjustment {
      metric_interval_lower_bound = "0"
      metric_interval_upper_bound = "300"
      scaling_adjustment          = 1
    }

    step_adjustment {
      metric_interval_lower_bound = "300"
      scaling_adjustment          = 3
    }
  }
}

# They come down again by the processor: what waits is worked on.
resource "aws_cloudwatch_metric_alarm" "jobs_wait" {
  for_each = local.roles

  alarm_name          = "${var.name}-${each.key}-jobs-scale-out"
  alarm_description   = "jobs of ${each.key} wait: more of it are started"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = local.job_wait_seconds[each.key]
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_appautoscaling_policy.jobs[each.key].arn]

  metric_query {
    id          = "longest"
    expression  = "MAX([${join(", ", each.value)}])"
    label       = "the job that has waited longest"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = toset(each.value)
    content {
      id = metric_query.value
      metric {
        namespace   = var.collector.namespace
        metric_name = "marquee_jobs_overdue_seconds"
        dimensions  = { Environment = var.name, role = metric_query.value }
        period      = 60
        stat        = "Maximum"
      }
    }
  }
}

module "alarms" {
  source = "../alarms"

  name      = var.name
  topic_arn = var.alarm_topic_arn
  alarms = { api-faults = {
    says       = "requests are answered with faults of ours: runbook requests.failed"
    namespace  = "AWS/ApplicationELB"
    metric     = "HTTPCode_Target_5XX_Count"
    dimensions = { LoadBalancer = aws_lb.this.arn_suffix }
    stat       = "Sum"
    minutes    = 5
    threshold  = 10
  } }
}
