variable "environment" {
  type        = string
  description = "As wrangler.toml calls it: its Workers and queues are named by it."

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "wrangler.toml has staging and production"
  }
}

variable "account_id" {
  type = string

  validation {
    condition     = can(regex("^[0-9a-f]{32}$", var.account_id))
    error_message = "an account's id is 32 hexadecimal digits"
  }
}

variable "zones" {
  type = map(object({
    zone_id = string
    # Hosts whose every path is the Worker's: Cloudflare makes their DNS record and certificate.
    hosts = optional(set(string), [])
    # Hosts of a brand's own site, of which only what begins with this path is the Worker's: { "www.acme.example" = "/go/" }.
    # They must have a proxied DNS record already.
    paths = optional(map(string), {})
    # False where the zone's rulesets belong to somebody else: a zone has one of each kind.
    manage_rules = optional(bool, true)
  }))
  description = "The zones that visitors come by, by a name of one's own choice."

  validation {
    condition     = alltrue([for zone in values(var.zones) : length(zone.hosts) + length(zone.paths) > 0])
    error_message = "each zone needs a host or a path, else nothing is answered there"
  }
  validation {
    condition     = alltrue(flatten([for zone in values(var.zones) : [for path in values(zone.paths) : can(regex("^/.+/$", path))]]))
    error_message = "a path begins and ends with a slash, /go/: the rest of a brand's site is not ours"
  }
}

variable "requests_in_ten_seconds" {
  type        = number
  default     = 60
  description = "From one address, before it waits: people of one office share an address, programs do not share patience."
}

variable "managed_rules" {
  type        = bool
  default     = true
  description = "Cloudflare's own rules against attacks; they need a paid plan of the zone."
}

variable "smoke_host" {
  type        = string
  default     = null
  description = "The host by which a rollout tries a version that nobody is shown yet; only there may a request choose."
}
