mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_sesv2_email_identity" {
    defaults = {
      arn                     = "arn:aws:ses:us-east-1:123456789012:identity/mail.acme.example"
      dkim_signing_attributes = { tokens = ["one", "two", "three"] }
    }
  }
  mock_resource "aws_sesv2_configuration_set" {
    defaults = { arn = "arn:aws:ses:us-east-1:123456789012:configuration-set/marquee-test" }
  }
}

mock_provider "cloudflare" {}

variables {
  name               = "marquee-test"
  domain             = "mail.acme.example"
  zone_id            = "0123456789abcdef0123456789abcdef"
  from_address       = "no-reply@mail.acme.example"
  dmarc_reports_to   = "dmarc@acme.example"
  api_url            = "https://api.acme.example"
  alarm_topic_arn    = "arn:aws:sns:us-east-1:123456789012:alarms"
  alarms_kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/logs"
}

run "mail_is_signed_and_nobody_else_can_send_in_our_name" {
  assert {
    condition = [for record in cloudflare_dns_record.dkim : "${record.name} ${record.type} ${record.content}"] == [
      "one._domainkey.mail.acme.example CNAME one.dkim.amazonses.com",
      "two._domainkey.mail.acme.example CNAME two.dkim.amazonses.com",
      "three._domainkey.mail.acme.example CNAME three.dkim.amazonses.com",
    ]
    error_message = "the three keys that SES signs with"
  }
  assert {
    condition     = cloudflare_dns_record.dmarc.content == "\"v=DMARC1; p=reject; rua=mailto:dmarc@acme.example\"" && cloudflare_dns_record.bounce_spf.content == "\"v=spf1 include:amazonses.com -all\""
    error_message = "others' mail in our name is refused"
  }
  assert {
    condition     = aws_sesv2_configuration_set.this.delivery_options[0].tls_policy == "REQUIRE"
    error_message = "mail goes by TLS or not at all"
  }
  assert {
    condition     = aws_sesv2_email_identity.this.configuration_set_name == aws_sesv2_configuration_set.this.configuration_set_name
    error_message = "all mail of the domain is of the set, else nobody hears what came back"
  }
}

run "the_core_may_send_as_itself_and_nothing_else" {
  assert {
    condition = jsondecode(aws_iam_user_policy.smtp.policy).Statement == [{
      Effect    = "Allow"
      Action    = ["ses:SendRawEmail"]
      Resource  = [aws_sesv2_email_identity.this.arn, aws_sesv2_configuration_set.this.arn]
      Condition = { StringEquals = { "ses:FromAddress" = "no-reply@mail.acme.example" } }
    }]
    error_message = "one action, one domain, one address"
  }
}

run "the_core_hears_what_came_back_as_it_wants_to" {
  assert {
    condition = { for kind, target in aws_cloudwatch_event_target.bounce : kind => [
      target.input_transformer[0].input_template,
      target.input_transformer[0].input_paths.email,
      ] } == {
      hard      = ["{\"email\": \"<email>\", \"kind\": \"hard\", \"detail\": \"SES <id>\"}", "$.detail.bounce.bouncedRecipients[0].emailAddress"]
      soft      = ["{\"email\": \"<email>\", \"kind\": \"soft\", \"detail\": \"SES <id>\"}", "$.detail.bounce.bouncedRecipients[0].emailAddress"]
      complaint = ["{\"email\": \"<email>\", \"kind\": \"complaint\", \"detail\": \"SES <id>\"}", "$.detail.complaint.complainedRecipients[0].emailAddress"]
    }
    error_message = "the body of POST /v1/mail-bounces"
  }
  assert {
    condition     = aws_cloudwatch_event_api_destination.core.invocation_endpoint == "https://api.acme.example/v1/mail-bounces"
    error_message = "at its address"
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.bounce["hard"].event_pattern).detail.bounce == { bounceType = ["Permanent"] }
    error_message = "only what can never arrive is hard"
  }
  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.bounce : target.dead_letter_config[0].arn == aws_sqs_queue.untold.arn]) && module.alarms.all["untold"].threshold == 0
    error_message = "what it would not hear is kept and told of"
  }
  assert {
    condition     = aws_cloudwatch_event_connection.core.auth_parameters[0].api_key[0].value == "written by hand"
    error_message = "no state holds the key"
  }
}

run "an_address_is_of_the_domain" {
  command = plan
  variables {
    from_address = "no-reply@acme.example"
  }
  expect_failures = [var.from_address]
}
