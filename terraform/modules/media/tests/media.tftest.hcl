mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

override_resource {
  target = aws_s3_bucket.this
  values = { arn = "arn:aws:s3:::marquee-test-media", id = "marquee-test-media" }
}

variables {
  name    = "marquee-test"
  bucket  = "marquee-test-media"
  origins = ["https://www.acme.example"]
}

run "no_bucket_is_public" {
  assert {
    condition = alltrue([for block in [aws_s3_bucket_public_access_block.this, aws_s3_bucket_public_access_block.logs] :
    block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "neither is"
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.this.bucket == aws_s3_bucket.this.id && aws_s3_bucket_public_access_block.logs.bucket == aws_s3_bucket.logs.id
    error_message = "each has its own block"
  }
  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Effect] == ["Deny"]
    error_message = "without a CDN the bucket's policy lets nobody in"
  }
}

run "what_is_stored_is_sealed_and_goes_by_tls_only" {
  assert {
    condition = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default) == {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = module.key.arn
    }
    error_message = "sealed by our key"
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition == { Bool = { "aws:SecureTransport" = "false" } }
    error_message = "refused in clear"
  }
}

run "unfinished_uploads_end_and_removed_files_are_forgotten" {
  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.abort_incomplete_multipart_upload[0].days_after_initiation if rule.id == "unfinished"] == [2]
    error_message = "an upload that nobody finished ends after two days"
  }
  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id => rule.noncurrent_version_expiration[0].noncurrent_days
      if length(rule.noncurrent_version_expiration) > 0
    } == { removed = 14, removed-from-quarantine = 1 }
    error_message = "who asked to be forgotten is so after two weeks"
  }
  assert {
    condition = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule :
    alltrue([for expiration in rule.expiration : expiration.expired_object_delete_marker == true])])
    error_message = "nothing that is current ever goes by itself: it may be a video that was paid for"
  }
}

run "only_our_pages_put_videos" {
  assert {
    condition = { for rule in aws_s3_bucket_cors_configuration.this.cors_rule : rule.id => [join(",", rule.allowed_origins), join(",", rule.allowed_methods)] } == {
      play   = ["https://www.acme.example", "GET,HEAD"]
      upload = ["https://www.acme.example", "PUT"]
    }
    error_message = "by the methods that uploads and players use"
  }
  assert {
    condition     = [for rule in aws_s3_bucket_cors_configuration.this.cors_rule : join(",", sort(rule.allowed_headers)) if rule.id == "upload"] == ["content-type,if-none-match"]
    error_message = "with the headers that a link to put is signed with"
  }
}

run "a_cdn_reads_what_is_published_and_only_for_signed_links" {
  variables {
    cdn = {
      hostname        = "media.acme.example"
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
      public_key_pem  = "-----BEGIN PUBLIC KEY-----"
    }
  }

  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Resource if statement.Sid == "Cdn"] == [
      ["arn:aws:s3:::marquee-test-media/videos/*", "arn:aws:s3:::marquee-test-media/avatars/*"]
    ]
    error_message = "never from quarantine"
  }
  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Condition if statement.Sid == "Cdn"] == [
      { StringEquals = { "aws:SourceArn" = aws_cloudfront_distribution.this["published"].arn } }
    ]
    error_message = "and no other distribution than ours"
  }
  assert {
    condition = (
      length(aws_cloudfront_distribution.this["published"].default_cache_behavior[0].trusted_key_groups) == 1
      && aws_cloudfront_distribution.this["published"].default_cache_behavior[0].viewer_protocol_policy == "https-only"
      && aws_cloudfront_origin_access_control.this["published"].signing_behavior == "always"
    )
    error_message = "a link must be signed, and go by TLS"
  }
}

run "a_star_is_no_origin" {
  command = plan
  variables {
    origins = ["*"]
  }
  expect_failures = [var.origins]
}
