# What the Workers need and wrangler does not make. Their code, bindings and versions are wrangler's (wrangler.toml), and so
# is who consumes a queue; names are agreed with it.

locals {
  worker = "marquee-edge-${var.environment}"
  # As long as Cloudflare keeps anything: an outage of SQS over a long weekend loses no hit.
  two_weeks = 14 * 24 * 60 * 60
}

resource "cloudflare_workers_kv_namespace" "rules" {
  account_id = var.account_id
  title      = "marquee-rules-${var.environment}"
}

resource "cloudflare_queue" "hits" {
  account_id = var.account_id
  queue_name = "marquee-hits-${var.environment}"
  settings   = { message_retention_period = local.two_weeks }
}

# Nobody consumes it: what is in it was given up, and waits for a person.
resource "cloudflare_queue" "dead" {
  account_id = var.account_id
  queue_name = "marquee-hits-${var.environment}-dead"
  settings   = { message_retention_period = local.two_weeks }
}

locals {
  hosts = merge([for zone in values(var.zones) : { for host in zone.hosts : host => zone.zone_id }]...)
  paths = merge([for zone in values(var.zones) : { for host, path in zone.paths : "${host}${path}" => zone.zone_id }]...)
}

resource "cloudflare_workers_custom_domain" "host" {
  for_each = local.hosts

  account_id = var.account_id
  zone_id    = each.value
  hostname   = each.key
  service    = local.worker
}

resource "cloudflare_workers_route" "path" {
  for_each = local.paths

  zone_id = each.value
  pattern = "${each.key}*"
  script  = local.worker
}
