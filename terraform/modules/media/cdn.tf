# Optional. It answers only to links that were signed by the private half of the key, and never from quarantine.

locals {
  cdns = var.cdn == null ? {} : { published = var.cdn }
  # AWS's own policies: "CachingOptimized", and "CORS-S3Origin" of requests.
  caching_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  cors_s3_origin    = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
}

resource "aws_cloudfront_origin_access_control" "this" {
  for_each = local.cdns

  name                              = var.name
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_public_key" "this" {
  for_each = local.cdns

  name        = var.name
  encoded_key = each.value.public_key_pem
}

resource "aws_cloudfront_key_group" "this" {
  for_each = local.cdns

  name  = var.name
  items = [aws_cloudfront_public_key.this[each.key].id]
}

resource "aws_cloudfront_response_headers_policy" "this" {
  #checkov:skip=CKV_AWS_259:hosts below the CDN's, and browsers' lists of hosts, are the domain's owner's to decide for
  for_each = local.cdns

  name = "${var.name}-media"

  security_headers_config {
    content_type_options {
      override = true
    }

    content_security_policy {
      content_security_policy = "sandbox; default-src 'none'"
      override                = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = false
      override                   = true
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_310:there is one bucket, and so no other origin to fall back to
  #checkov:skip=CKV_AWS_374:customers and talents are wherever they are
  #checkov:skip=CKV_AWS_305:there is no page at the root, and it must be refused
  #checkov:skip=CKV_AWS_68:every link is signed; who wants a firewall before it gives one by `web_acl_arn`
  #checkov:skip=CKV2_AWS_47:as CKV_AWS_68
  for_each = local.cdns

  comment         = "${var.name}: what is published"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = "PriceClass_All"
  aliases         = [each.value.hostname]
  web_acl_id      = each.value.web_acl_arn

  origin {
    origin_id                = "media"
    domain_name              = aws_s3_bucket.this.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this[each.key].id
  }

  default_cache_behavior {
    target_origin_id           = "media"
    viewer_protocol_policy     = "https-only"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = local.caching_optimized
    origin_request_policy_id   = local.cors_s3_origin
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this[each.key].id
    trusted_key_groups         = [aws_cloudfront_key_group.this[each.key].id]
  }

  logging_config {
    bucket = aws_s3_bucket.logs.bucket_domain_name
    prefix = "cdn/"
  }

  viewer_certificate {
    acm_certificate_arn      = each.value.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
}
