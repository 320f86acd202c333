output "task_security_group_id" {
  value = aws_security_group.tasks.id
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
  value = {
    cluster         = aws_ecs_cluster.this.name
    task_definition = aws_ecs_task_definition.this["migrate"].arn
    subnets         = var.private_subnet_ids
    security_groups = [aws_security_group.tasks.id]
  }
}

output "services" {
  description = "What each service runs once it is deployed, by its task definition."
  value = {
    cluster          = aws_ecs_cluster.this.name
    task_definitions = { for service in keys(var.sizes) : service => aws_ecs_task_definition.this[service].arn }
  }
}
