mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
}

variables {
  name               = "marquee-test"
  availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
  nat_gateways       = 3
  log_retention_days = 30
  buckets            = ["acme-marquee-test"]
  logs_kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/logs"
}

run "nothing_but_the_public_subnets_leads_to_the_internet" {
  assert {
    condition     = aws_route.public.route_table_id == aws_route_table.public.id && aws_route.public.destination_cidr_block == "0.0.0.0/0"
    error_message = "public subnets go by the internet gateway"
  }
  assert {
    condition     = alltrue([for zone, route in aws_route.private : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "private subnets go by a NAT gateway"
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "nothing gets a public address by itself"
  }
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.kms_key_id == var.logs_kms_key_arn
    error_message = "who talked to whom is kept, sealed"
  }
}

run "subnets_do_not_overlap" {
  assert {
    condition = 9 == length(distinct(concat(
      [for subnet in aws_subnet.public : subnet.cidr_block],
      [for subnet in aws_subnet.private : subnet.cidr_block],
      [for subnet in aws_subnet.database : subnet.cidr_block],
    )))
    error_message = "each subnet has addresses of its own"
  }
}

run "a_zone_has_a_way_out_of_its_own_or_shares_the_first" {
  variables {
    nat_gateways = 1
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["us-east-1a"]
    error_message = "one NAT gateway was asked for"
  }
  assert {
    condition     = alltrue([for zone, way in local.way_out : way == "us-east-1a"])
    error_message = "every zone goes by it"
  }
}

run "nothing_is_carried_to_a_bucket_of_others" {
  assert {
    condition = sort(flatten([for statement in jsondecode(aws_vpc_endpoint.s3.policy).Statement : statement.Resource if statement.Effect == "Allow"])) == tolist([
      "arn:aws:s3:::acme-marquee-test", "arn:aws:s3:::acme-marquee-test/*", "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*",
    ])
    error_message = "S3 is our bucket, and the layers of images that ECR keeps there"
  }
  assert {
    condition     = [for statement in jsondecode(aws_vpc_endpoint.s3.policy).Statement : statement.Action if statement.Sid == "Images"] == ["s3:GetObject"]
    error_message = "which are only read"
  }
}

run "endpoints_are_private" {
  variables {
    endpoints = ["sqs", "ecr.dkr"]
  }

  assert {
    condition = (
      keys(aws_vpc_endpoint.interface) == ["ecr.dkr", "sqs"]
      && alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled])
      && aws_vpc_endpoint.interface["sqs"].service_name == "com.amazonaws.us-east-1.sqs"
    )
    error_message = "each service that was asked for answers under its own name, within"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints.cidr_ipv4 == var.cidr
    error_message = "only the network itself reaches them"
  }
}

run "one_zone_is_refused" {
  command = plan
  variables {
    availability_zones = ["us-east-1a"]
  }
  expect_failures = [var.availability_zones]
}
