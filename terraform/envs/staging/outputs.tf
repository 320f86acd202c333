output "release" {
  value = module.environment.release
}

output "migration" {
  value = module.environment.migration
}

output "command" {
  value = module.environment.command
}

output "database_role" {
  value = module.environment.database_role
}

output "services" {
  value = module.environment.services
}

output "worker" {
  value = module.environment.worker
}

output "database" {
  value = module.environment.database
}

output "by_hand" {
  value = module.environment.by_hand
}
