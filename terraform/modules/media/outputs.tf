output "bucket" {
  value = aws_s3_bucket.this.bucket
}

output "bucket_arn" {
  value = aws_s3_bucket.this.arn
}

output "kms_key_arn" {
  value = module.key.arn
}

output "logs_bucket" {
  value = aws_s3_bucket.logs.bucket

  # The load balancer writes to it once, when it is told to: before it may, it refuses to be made.
  depends_on = [aws_s3_bucket_policy.logs]
}

output "cdn_domain" {
  description = "What the CDN's host name is a CNAME of; null without one."
  value       = one([for distribution in aws_cloudfront_distribution.this : distribution.domain_name])
}
