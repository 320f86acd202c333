output "queue_url" {
  description = "SQS_QUEUE_URL, of the core and of the log Worker."
  value       = aws_sqs_queue.hits.url
}

output "queue_name" {
  value = aws_sqs_queue.hits.name
}

output "queue_arn" {
  value = aws_sqs_queue.hits.arn
}

output "dead_queue_arn" {
  value = aws_sqs_queue.dead.arn
}

output "log_worker_user" {
  description = "For whom a key is made by hand."
  value       = aws_iam_user.log_worker.name
}
