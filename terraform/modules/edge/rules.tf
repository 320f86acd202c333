# Rules of a zone are about our share of it only: the rest of a brand's site is the brand's.

locals {
  ruled = { for name, zone in var.zones : name => zone if zone.manage_rules }
  ours = { for name, zone in var.zones : name => join(" or ", concat(
    length(zone.hosts) == 0 ? [] : ["http.host in {${join(" ", [for host in zone.hosts : "\"${host}\""])}}"],
    [for host, path in zone.paths : "(http.host eq \"${host}\" and starts_with(http.request.uri.path, \"${path}\"))"],
  )) }
  # Cloudflare's managed ruleset and its OWASP core ruleset, the same in every account.
  managed = {
    cloudflare = "efb7b8c949ac4650a09736fc376e9aee"
    owasp      = "4814384a9e5d4991b9815dcfc25d2f1f"
  }
  chooses_version = "any(http.request.headers.names[*] eq \"cloudflare-workers-version-overrides\")"
  not_smoke       = var.smoke_host == null ? "" : " and http.host ne \"${var.smoke_host}\""
  override        = { for name, ours in local.ours : name => "(${ours}) and ${local.chooses_version}${local.not_smoke}" }
}

# A visitor has no use for more, and each request costs.
resource "cloudflare_ruleset" "rate" {
  for_each = local.ruled

  zone_id = each.value.zone_id
  name    = "Marquee: how often one may ask"
  kind    = "zone"
  phase   = "http_ratelimit"
  rules = [{
    ref         = "marquee_rate"
    description = "Who asks more than ${var.requests_in_ten_seconds} times in ten seconds waits for ten"
    expression  = local.ours[each.key]
    action      = "block"
    ratelimit = {
      characteristics     = ["cf.colo.id", "ip.src"]
      period              = 10
      requests_per_period = var.requests_in_ten_seconds
      mitigation_timeout  = 10
    }
  }]
}

resource "cloudflare_ruleset" "firewall" {
  for_each = local.ruled

  zone_id = each.value.zone_id
  name    = "Marquee: what no visitor sends"
  kind    = "zone"
  phase   = "http_request_firewall_custom"
  rules = [
    {
      ref         = "marquee_override"
      description = "Nobody chooses which version of the Worker answers, but a rollout that tries one"
      expression  = local.override[each.key]
      action      = "block"
    },
    {
      ref         = "marquee_long"
      description = "Addresses of more than 8 KB: the Worker would refuse them, but at a price"
      expression  = "(${local.ours[each.key]}) and len(http.request.full_uri) gt 8192"
      action      = "block"
    },
  ]
}

resource "cloudflare_ruleset" "managed" {
  for_each = var.managed_rules ? local.ruled : {}

  zone_id = each.value.zone_id
  name    = "Marquee: known attacks"
  kind    = "zone"
  phase   = "http_request_firewall_managed"
  rules = [for name, id in local.managed : {
    ref               = "marquee_${name}"
    description       = "Cloudflare's ruleset ${name}"
    expression        = local.ours[each.key]
    action            = "execute"
    action_parameters = { id = id }
  }]
}
