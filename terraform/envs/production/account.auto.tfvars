# Fill in what is yours. With account_id as it is, the provider of AWS refuses everything.

aws = {
  account_id = "000000000000"
  region     = "us-east-1"
}

account = {
  availability_zones    = ["us-east-1a", "us-east-1b"]
  cloudflare_account_id = "00000000000000000000000000000000"
  zone_id               = "00000000000000000000000000000000"
  api_host              = "api.acme.example"
  site_url              = "https://www.acme.example"
  mail_domain           = "mail.acme.example"
  mail_from             = "Marquee <no-reply@mail.acme.example>"
  staff_email           = "staff@acme.example"
  bucket                = "acme-marquee-production"
  zones = {
    acme = { zone_id = "00000000000000000000000000000000", hosts = ["go.acme.example", "smoke.acme.example"] }
  }
  smoke_host    = "smoke.acme.example"
  manifest_keys = "production-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
  # Of Stripe's account: everybody who looks at a page sees it.
  stripe_publishable_key = "pk_live_fill_in"
  alarm_emails           = ["operations@acme.example"]
  # With the chat goes the secret MARQUEE_TELEGRAM_BOT_TOKEN, with sentry = true MARQUEE_SENTRY_DSN.
  runbook_url = "https://docs.acme.example/marquee/alerts.html"
  # docker buildx imagetools inspect public.ecr.aws/docker/library/postgres:18 says its digest.
  postgres_image  = "public.ecr.aws/docker/library/postgres@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  collector_image = "public.ecr.aws/aws-observability/aws-otel-collector@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}
