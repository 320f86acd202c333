# The API's host: its certificate, which AWS renews by itself as long as the record below is there, and its address.

resource "aws_acm_certificate" "api" {
  domain_name       = var.account.api_host
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  proof = one([for option in aws_acm_certificate.api.domain_validation_options : option if option.domain_name == var.account.api_host])
}

resource "cloudflare_dns_record" "api_proof" {
  zone_id = var.account.zone_id
  name    = trimsuffix(local.proof.resource_record_name, ".")
  type    = local.proof.resource_record_type
  content = trimsuffix(local.proof.resource_record_value, ".")
  ttl     = 300
  proxied = false
}

resource "aws_acm_certificate_validation" "api" {
  certificate_arn         = aws_acm_certificate.api.arn
  validation_record_fqdns = [cloudflare_dns_record.api_proof.name]
}

# Not by Cloudflare's proxy: uploads' progress is streamed for minutes, and the core believes the load balancer only.
resource "cloudflare_dns_record" "api" {
  zone_id = var.account.zone_id
  name    = var.account.api_host
  type    = "CNAME"
  content = module.core.load_balancer.address
  ttl     = 300
  proxied = false
}
