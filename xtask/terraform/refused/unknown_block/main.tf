# Unsupported block type
resource "aws_s3_bucket_versioning" "this" {
  bucket = "media"

  versioning_settings {
    status = "Enabled"
  }

  versioning_configuration {
    status = "Enabled"
  }
}
