# Unsupported argument
resource "aws_sqs_queue" "this" {
  name_of_queue = "hits"
}
