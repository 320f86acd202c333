output "vpc_id" {
  value = aws_vpc.this.id
}

output "public_subnet_ids" {
  value = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  value = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}

output "database_subnet_ids" {
  value = [for zone in var.availability_zones : aws_subnet.database[zone].id]
}

output "public_subnet_cidrs" {
  description = "Where the load balancer is: whose X-Forwarded-For is believed."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].cidr_block]
}

output "s3_prefix_list_id" {
  value = aws_vpc_endpoint.s3.prefix_list_id
}

output "endpoints_security_group_id" {
  value = aws_security_group.endpoints.id
}
