# The core sends by SMTP (SMTP_URL) and hears what came back at POST /v1/mail-bounces.

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

resource "aws_sesv2_configuration_set" "this" {
  configuration_set_name = var.name

  delivery_options {
    tls_policy = "REQUIRE"
  }

  reputation_options {
    reputation_metrics_enabled = true
  }

  # SES's own list, below the core's: a second wall for the account's reputation.
  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

resource "aws_sesv2_email_identity" "this" {
  email_identity         = var.domain
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name

  dkim_signing_attributes {
    next_signing_key_length = "RSA_2048_BIT"
  }
}

resource "aws_sesv2_email_identity_mail_from_attributes" "this" {
  email_identity         = aws_sesv2_email_identity.this.email_identity
  mail_from_domain       = "bounce.${var.domain}"
  behavior_on_mx_failure = "REJECT_MESSAGE"
}

# SES always gives three.
resource "cloudflare_dns_record" "dkim" {
  count = 3

  zone_id = var.zone_id
  name    = "${aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens[count.index]}._domainkey.${var.domain}"
  type    = "CNAME"
  content = "${aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens[count.index]}.dkim.amazonses.com"
  ttl     = 3600
  proxied = false
}

resource "cloudflare_dns_record" "bounce_mx" {
  zone_id  = var.zone_id
  name     = "bounce.${var.domain}"
  type     = "MX"
  content  = "feedback-smtp.${data.aws_region.current.region}.amazonses.com"
  priority = 10
  ttl      = 3600
  proxied  = false
}

resource "cloudflare_dns_record" "bounce_spf" {
  zone_id = var.zone_id
  name    = "bounce.${var.domain}"
  type    = "TXT"
  content = "\"v=spf1 include:amazonses.com -all\""
  ttl     = 3600
  proxied = false
}

resource "cloudflare_dns_record" "dmarc" {
  zone_id = var.zone_id
  name    = "_dmarc.${var.domain}"
  type    = "TXT"
  content = "\"v=DMARC1; p=reject; rua=mailto:${var.dmarc_reports_to}\""
  ttl     = 3600
  proxied = false
}

# SMTP of SES takes the key of a user, and no role. It is made by hand (terraform/README.md) and put into SMTP_URL.
resource "aws_iam_user" "smtp" {
  #checkov:skip=CKV_AWS_273:SES's SMTP takes a user's key only
  name = "${var.name}-smtp"
}

resource "aws_iam_user_policy" "smtp" {
  #checkov:skip=CKV_AWS_40:a group of one would say no more
  name = "send-mail"
  user = aws_iam_user.smtp.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["ses:SendRawEmail"]
      Resource  = [aws_sesv2_email_identity.this.arn, aws_sesv2_configuration_set.this.arn]
      Condition = { StringEquals = { "ses:FromAddress" = var.from_address } }
    }]
  })
}
