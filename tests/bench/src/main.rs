//! What `cargo xtask bench` starts.

use std::process::ExitCode;

fn main() -> ExitCode {
    marquee_bench::main()
}
