# Missing required argument
resource "aws_db_instance" "this" {
  engine = "postgres"
}
