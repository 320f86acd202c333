use std::process::ExitCode;

fn main() -> ExitCode {
    marquee_core::cli::main()
}
