//! What a developer runs, as `cargo xtask <command>`. One file for each command; the rest serves them.

mod bench;
mod checkout;
mod ci;
mod client;
mod command;
mod docs;
mod drill;
mod edge;
mod image;
mod interrupt;
mod islands;
mod lint_deploy;
mod load;
mod nightly;
mod npm;
mod ports;
mod postgres;
mod progress;
mod python;
mod release;
mod sample;
mod schemathesis;
mod service;
mod soak;
mod sqlx;
mod terraform;
mod test;
mod tools;
mod up;
mod zip_tables;

use std::process::ExitCode;

use clap::Parser;

/// Marquee's developer commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Command {
    /// Starts everything on this machine, loads sample data and prints what to try.
    Up(up::Up),
    /// Runs every test, on a private Postgres and the real Worker.
    Test(test::Test),
    /// Runs what takes too long for every change: a second S3, and more of what is thrown by dice.
    Nightly(nightly::Nightly),
    /// Tries the API by its own OpenAPI document, with good and bad requests.
    Schemathesis(schemathesis::Schemathesis),
    /// Writes the API's TypeScript client from its OpenAPI document, or checks it.
    Client(client::Client),
    /// Makes the scripts of the console's pages from their TypeScript, or checks them.
    Islands(islands::Islands),
    /// Measures the engine, the edge and ingestion beside their peers and limits.
    Bench(bench::Bench),
    /// Puts more and more load on the edge and the core, and writes docs/sizing.md.
    Load(load::Load),
    /// Puts the same modest load on everything for an hour, and fails when anything grows or is lost.
    Soak(soak::Soak),
    /// Restores a backup and proves it, by the commands of docs/restore.md.
    Drill(drill::Drill),
    /// Builds the Worker and prints its size.
    Edge(edge::Edge),
    /// Writes `.sqlx`, with which checked queries compile without a database, or checks it.
    Sqlx(sqlx::Sqlx),
    /// Writes the sample brands, or the sample marketplace, as files that can be loaded.
    Sample(sample::Sample),
    /// Writes the ZIP data that `shared` compiles in.
    ZipTables(zip_tables::ZipTables),
    /// Checks `terraform/` without a registry or an account: format, types, tests, checkov.
    Terraform(terraform::Terraform),
    /// Checks what deploys us: Dockerfiles, compose.yaml, workflows, scripts; and that no secret is in a file.
    LintDeploy(lint_deploy::LintDeploy),
    /// Takes the Dockerfile's steps on this machine, and runs what they make as a container would.
    Image(image::Image),
    /// Makes the book in `docs/`, checks it, or runs the commands that it shows.
    Docs(docs::Docs),
    /// What CI checks before the tests: format, lints, docs, dependencies, queries.
    Ci(ci::Ci),
}

fn main() -> ExitCode {
    let result = interrupt::listen().and_then(|()| match Command::parse() {
        Command::Up(arguments) => up::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Nightly(arguments) => nightly::run(&arguments),
        Command::Schemathesis(arguments) => schemathesis::run(&arguments),
        Command::Client(arguments) => client::run(&arguments),
        Command::Islands(arguments) => islands::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Soak(arguments) => soak::run(&arguments),
        Command::Drill(arguments) => drill::run(&arguments),
        Command::Edge(arguments) => edge::run(&arguments),
        Command::Sqlx(arguments) => sqlx::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
        Command::ZipTables(arguments) => zip_tables::run(&arguments),
        Command::Terraform(arguments) => terraform::run(&arguments),
        Command::LintDeploy(arguments) => lint_deploy::run(&arguments),
        Command::Image(arguments) => image::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Ci(arguments) => ci::run(&arguments),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // As a shell says "ended by SIGINT".
        Err(error) if error.is::<interrupt::Interrupted>() => ExitCode::from(130),
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
