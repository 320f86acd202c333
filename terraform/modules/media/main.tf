# One bucket, as the core has it (STORAGE_URL), with an area for each kind of file: `quarantine/` is what people sent and
# nobody may read by a link, `videos/` and `avatars/` are what we made of it.

locals {
  published = ["videos/*", "avatars/*"]
}

data "aws_caller_identity" "current" {}

module "key" {
  source = "../key"

  alias       = "${var.name}-media"
  description = "${var.name}: pictures and videos"
  statements = [for distribution in aws_cloudfront_distribution.this : {
    Sid       = "Cdn"
    Effect    = "Allow"
    Principal = { Service = "cloudfront.amazonaws.com" }
    Action    = "kms:Decrypt"
    Resource  = "*"
    Condition = { StringEquals = { "aws:SourceArn" = distribution.arn } }
  }]
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:videos are kept in three zones; another region would keep people's films in another country
  #checkov:skip=CKV2_AWS_62:the core is told what it was sent by who sent it
  bucket = var.bucket
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # One call of KMS for many objects.
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = module.key.arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

# The core itself removes what no row names any more; the bucket never removes what is current.
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "unfinished"
    status = "Enabled"
    filter {}

    # An upload is sent within a day.
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  rule {
    id     = "removed"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_days
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  # What was sent is of no use once it was made into a video: gone sooner than what was published.
  rule {
    id     = "removed-from-quarantine"
    status = "Enabled"

    filter {
      prefix = "quarantine/"
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

# Browsers put parts by links that the core signed, and play what it leads them to.
resource "aws_s3_bucket_cors_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  cors_rule {
    id              = "upload"
    allowed_origins = var.origins
    allowed_methods = ["PUT"]
    allowed_headers = ["content-type", "if-none-match"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3600
  }

  cors_rule {
    id              = "play"
    allowed_origins = var.origins
    allowed_methods = ["GET", "HEAD"]
    allowed_headers = ["range"]
    expose_headers  = ["Accept-Ranges", "Content-Length", "Content-Range"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "OnlyByTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      [for distribution in aws_cloudfront_distribution.this : {
        Sid       = "Cdn"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = [for area in local.published : "${aws_s3_bucket.this.arn}/${area}"]
        Condition = { StringEquals = { "aws:SourceArn" = distribution.arn } }
      }],
    )
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_logging" "this" {
  bucket        = aws_s3_bucket.this.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "media/"
}
