# Beside each process but transcode, whose gauges the others have too, and whose tasks reach no registry of others: AWS's build of the OpenTelemetry collector asks it for its measurements (docs/metrics.md) each minute
# and writes those that alarms, autoscaling and the dashboard look at as lines of a log, of which CloudWatch makes metrics.

locals {
  metrics_address = "127.0.0.1:9090"
  # Each metric that is brought costs: these, by the labels that somebody asks for.
  collected = {
    marquee_alerts_open            = ["severity"]
    marquee_books_broken           = []
    marquee_hits_lag_seconds       = []
    marquee_hits_quarantined_total = []
    marquee_jobs_overdue_seconds   = ["role"]
    marquee_pool_limit             = []
  }
  collector_config = { for service in ["api", "worker"] : service => yamlencode({
    receivers = { prometheus = { config = { scrape_configs = [{
      job_name        = "marquee"
      scrape_interval = "60s"
      static_configs  = [{ targets = [local.metrics_address], labels = { Environment = var.name } }]
      metric_relabel_configs = [{
        source_labels = ["__name__"]
        regex         = join("|", keys(local.collected))
        action        = "keep"
      }]
    }] } } }
    processors = {
      memory_limiter = { check_interval = "5s", limit_mib = 96 }
      batch          = { timeout = "10s" }
    }
    exporters = { awsemf = {
      region                  = data.aws_region.current.region
      namespace               = var.collector.namespace
      log_group_name          = var.collector.log_group.name
      log_stream_name         = service
      dimension_rollup_option = "NoDimensionRollup"
      metric_declarations = [for name, labels in local.collected : {
        # All of an environment, and each by its labels: the gauges of jobs are the same in each process.
        dimensions = concat([["Environment"]], length(labels) == 0 ? [] : [concat(["Environment"], labels)])
        # Without the usual dollar at its end, which the collector would read as the beginning of a variable's name.
        metric_name_selectors = ["^${name}"]
      }]
    } }
    service = {
      pipelines = { metrics = { receivers = ["prometheus"], processors = ["memory_limiter", "batch"], exporters = ["awsemf"] } }
      telemetry = { logs = { level = "warn" } }
    }
  }) }
  collectors = { for service, config in local.collector_config : service => {
    name  = "collector"
    image = var.collector.image
    # Without it the core runs on, unmeasured, and the alarm `silent` of module observability says so.
    essential              = false
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    cpu                    = 32
    memory                 = 128
    linuxParameters        = { capabilities = { drop = ["ALL"], add = [] }, initProcessEnabled = false }
    # It hands on what it still holds.
    stopTimeout      = 30
    portMappings     = []
    environment      = [{ name = "AOT_CONFIG_CONTENT", value = config }]
    logConfiguration = { logDriver = "awslogs", options = { awslogs-group = var.log_groups[service].name, awslogs-region = data.aws_region.current.region, awslogs-stream-prefix = "collector" } }
  } }
  measurements = [{
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = ["${var.collector.log_group.arn}:*"]
  }]
}
