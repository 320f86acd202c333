output "security_group_ids" {
  description = "Of the core's tasks, by what they may reach."
  value       = { core = aws_security_group.tasks.id, contained = aws_security_group.contained.id }
}

output "load_balancer" {
  description = "Its address, and what CloudWatch calls it."
  value       = { address = aws_lb.this.dns_name, dimension = aws_lb.this.arn_suffix }
}

output "containers" {
  description = "What each task runs, migrate included."
  value       = local.containers
}

output "metrics" {
  description = "Which of the core's measurements are brought to CloudWatch, and by which labels besides the environment."
  value       = local.collected
}

output "migration" {
  description = "What the deployment runs, once, before services are updated."
  value = merge(local.where, {
    task_definition = aws_ecs_task_definition.this["migrate"].arn
    container       = "marquee"
    log_group       = var.log_groups["migrate"].name
    log_prefix      = "migrate"
  })
}

output "command" {
  description = "What deploy/marquee.sh runs, with another command: a worker does all that verbs do."
  value = merge(local.where, {
    task_definition = aws_ecs_task_definition.this["worker"].arn
    container       = "marquee"
    log_group       = var.log_groups["worker"].name
    log_prefix      = "worker"
  })
}

output "database_role" {
  description = "What deploy/database-role.sh runs, before the first migration."
  value = merge(local.where, {
    task_definition = aws_ecs_task_definition.database_role.arn
    container       = local.database_role.name
    log_group       = var.log_groups["migrate"].name
    log_prefix      = "database-role"
  })
}

output "services" {
  description = "What each service runs once it is deployed, by its task definition."
  value = {
    cluster          = aws_ecs_cluster.this.name
    task_definitions = { for service in keys(var.sizes) : service => aws_ecs_task_definition.this[service].arn }
  }
}
