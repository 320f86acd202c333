use clap::Args;

/// How long clients and the process itself may take, and how many of them there may be.
#[derive(Args, Debug)]
pub struct LimitSettings {
    /// How many seconds the process takes at most to stop, once it is asked to
    #[arg(long, hide_short_help = true, env = "MARQUEE_STOP_SECONDS", default_value_t = 25, global = true,
        value_parser = clap::value_parser!(u64).range(6..=600))]
    pub stop_seconds: u64,
    /// How many seconds a request may take before its client is told to come again; what it began goes on
    #[arg(long, hide_short_help = true, env = "MARQUEE_REQUEST_SECONDS", default_value_t = 30, global = true,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    pub request_seconds: u64,
    /// How many requests are answered at once; one more is told to come again
    #[arg(long, hide_short_help = true, env = "MARQUEE_REQUESTS_AT_ONCE", default_value_t = 256, global = true,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub requests_at_once: u16,
    /// How many seconds a client may take to send the head of a request, to say nothing between two, or to take nothing
    /// of an answer, before its connection is closed; a balancer in front closes its own earlier than that
    #[arg(long, hide_short_help = true, env = "MARQUEE_CLIENT_SECONDS", default_value_t = 15, global = true,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    pub client_seconds: u64,
    /// How many connections there may be; one more closes the one that has said nothing for longest. Each needs a file
    /// descriptor (`ulimit -n`)
    #[arg(long, hide_short_help = true, env = "MARQUEE_CONNECTIONS_AT_ONCE", default_value_t = 4_096, global = true,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub connections_at_once: u16,
}
