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

output "public_urls" {
  description = "Where visitors come by, with neither the smoke host nor a slash at the end: no version may be chosen there."
  value = concat(
    [for host in keys(local.hosts) : "https://${host}" if host != var.smoke_host],
    [for path in keys(local.paths) : "https://${trimsuffix(path, "/")}"],
  )
}

output "rules_of_others" {
  description = "By zones whose rules somebody else manages: what they must block, or a rollout is refused."
  value       = { for name, zone in var.zones : name => local.override[name] if !zone.manage_rules }
}
