mock_provider "cloudflare" {}

variables {
  environment = "production"
  account_id  = "0123456789abcdef0123456789abcdef"
  zones = {
    acme   = { zone_id = "a0000000000000000000000000000000", hosts = ["go.acme.example"] }
    globex = { zone_id = "b0000000000000000000000000000000", paths = { "www.globex.example" = "/go/" } }
  }
}

run "names_are_those_of_wrangler" {
  assert {
    condition     = cloudflare_queue.hits.queue_name == "marquee-hits-production" && cloudflare_queue.dead.queue_name == "marquee-hits-production-dead"
    error_message = "as wrangler.toml binds and consumes them"
  }
  assert {
    condition     = cloudflare_queue.hits.settings.message_retention_period == 1209600 && cloudflare_queue.dead.settings.message_retention_period == 1209600
    error_message = "both keep hits for two weeks"
  }
  assert {
    condition     = output.worker == "marquee-edge-production"
    error_message = "the name of wrangler's environment"
  }
  assert {
    condition     = output.kv_namespace_id == cloudflare_workers_kv_namespace.rules.id
    error_message = "wrangler and the core take the same namespace"
  }
}

run "each_brand_is_answered_on_its_own_host_or_path_only" {
  assert {
    condition     = { for host, domain in cloudflare_workers_custom_domain.host : host => "${domain.zone_id} ${domain.service}" } == { "go.acme.example" = "a0000000000000000000000000000000 marquee-edge-production" }
    error_message = "a host of our own"
  }
  assert {
    condition     = [for route in cloudflare_workers_route.path : "${route.zone_id} ${route.pattern} ${route.script}"] == ["b0000000000000000000000000000000 www.globex.example/go/* marquee-edge-production"]
    error_message = "a path of a brand's site"
  }
}

run "rules_touch_only_our_share_of_a_zone" {
  assert {
    condition = { for name, ruleset in cloudflare_ruleset.rate : name => ruleset.rules[0].expression } == {
      acme   = "http.host in {\"go.acme.example\"}"
      globex = "(http.host eq \"www.globex.example\" and starts_with(http.request.uri.path, \"/go/\"))"
    }
    error_message = "the rest of a brand's site is the brand's"
  }
  assert {
    condition     = alltrue([for ruleset in cloudflare_ruleset.rate : ruleset.rules[0].action == "block" && ruleset.rules[0].ratelimit.requests_per_period == 60 && contains(ruleset.rules[0].ratelimit.characteristics, "ip.src")])
    error_message = "who asks too often waits, each address by itself"
  }
  assert {
    condition     = sort([for rule in cloudflare_ruleset.managed["acme"].rules : rule.action_parameters.id]) == tolist(["4814384a9e5d4991b9815dcfc25d2f1f", "efb7b8c949ac4650a09736fc376e9aee"])
    error_message = "both of Cloudflare's rulesets"
  }
}

run "nobody_chooses_the_version_that_answers" {
  variables {
    smoke_host = "smoke.acme.example"
  }

  assert {
    condition = cloudflare_ruleset.firewall["acme"].rules[0].expression == join(" and ", [
      "(http.host in {\"go.acme.example\"})",
      "any(http.request.headers.names[*] eq \"cloudflare-workers-version-overrides\")",
      "http.host ne \"smoke.acme.example\"",
    ])
    error_message = "but a rollout, on its own host"
  }
  assert {
    condition     = cloudflare_ruleset.firewall["acme"].rules[0].action == "block"
    error_message = "such a request is refused"
  }
}

run "every_way_that_visitors_come_by_is_named" {
  variables {
    smoke_host = "smoke.acme.example"
    zones = {
      acme    = { zone_id = "a0000000000000000000000000000000", hosts = ["smoke.acme.example"] }
      globex  = { zone_id = "b0000000000000000000000000000000", paths = { "www.globex.example" = "/go/" } }
      initech = { zone_id = "c0000000000000000000000000000000", hosts = ["go.initech.example"], manage_rules = false }
    }
  }

  assert {
    condition     = output.public_urls == ["https://go.initech.example", "https://www.globex.example/go"]
    error_message = "hosts and paths, whoever manages the rules there; not the smoke host"
  }
  assert {
    condition     = output.rules_of_others == { initech = "(http.host in {\"go.initech.example\"}) and any(http.request.headers.names[*] eq \"cloudflare-workers-version-overrides\") and http.host ne \"smoke.acme.example\"" }
    error_message = "who manages them is told what to block"
  }
}

run "a_zone_whose_rules_are_somebody_elses_is_left_alone" {
  variables {
    zones = { acme = { zone_id = "a0000000000000000000000000000000", hosts = ["go.acme.example"], manage_rules = false } }
  }

  assert {
    condition     = length(cloudflare_ruleset.rate) + length(cloudflare_ruleset.firewall) + length(cloudflare_ruleset.managed) == 0
    error_message = "it has none of ours"
  }
}

run "a_whole_site_is_no_path" {
  command = plan
  variables {
    zones = { globex = { zone_id = "b0000000000000000000000000000000", paths = { "www.globex.example" = "/" } } }
  }
  expect_failures = [var.zones]
}

run "environments_are_those_of_wrangler" {
  command = plan
  variables {
    environment = "qa"
  }
  expect_failures = [var.environment]
}
