output "kv_namespace_id" {
  description = "For wrangler's binding RULES and the core's CLOUDFLARE_KV_NAMESPACE_ID."
  value       = cloudflare_workers_kv_namespace.rules.id
}

output "worker" {
  description = "The Worker that answers visitors; its logs go through the one with `-logs` behind."
  value       = local.worker
}

output "urls" {
  description = "Where the Worker answers: the core's MARQUEE_EDGE_URL."
  value       = [for host in keys(local.hosts) : "https://${host}"]
}
