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

module "alarms" {
  source = "../alarms"

  name      = "${var.name}-database"
  topic_arn = var.alarm_topic_arn
  alarms = { for name, alarm in local.alarms : name => {
    says       = alarm.says
    namespace  = "AWS/RDS"
    metric     = alarm.metric
    dimensions = { DBInstanceIdentifier = aws_db_instance.this.identifier }
    stat       = alarm.stat
    minutes    = 5
    times      = 3
    compare    = alarm.compare
    threshold  = alarm.threshold
    missing    = "breaching"
  } }
}
