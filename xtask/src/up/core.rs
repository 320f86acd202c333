//! The core: API and worker in one process.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Stack, http};
use crate::checkout::Checkout;
use crate::command;
use crate::progress::Progress;
use crate::service::Service;

pub(crate) const ALL_PERMISSIONS: &str = "\
    rules.read,rules.edit,rules.publish,rules.approve,brands.manage,hits.read,webhooks.manage,\
    staff.manage,keys.manage,jobs.manage,audit.read";

pub(crate) fn build(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    let log = checkout.log("core-build")?;
    progress.step("build the core", |step| {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "-p", "marquee-core", "-p", "marquee-sample"])
            .current_dir(&checkout.root);
        command::run(&mut cargo, &log, step)
    })
}

/// The `marquee` program with the settings of this stack.
pub(crate) fn marquee(stack: &Stack) -> Command {
    let mut command = Command::new(stack.checkout.target.join("debug/marquee"));
    command
        .env("MARQUEE_ENV", "local")
        .env("MARQUEE_BASE_URL", &stack.core_url)
        .env("DATABASE_URL", &stack.database_url)
        .env("MARQUEE_SIGNING_KEY", stack.signing_key.secret())
        .env(
            "CLOUDFLARE_API_URL",
            format!("{}/cdn-cgi/explorer/api", stack.edge_url),
        )
        .env("MARQUEE_EDGE_URL", &stack.edge_url)
        .env("SQS_ENDPOINT_URL", &stack.queue.endpoint_url)
        .env("SQS_QUEUE_URL", &stack.queue.queue_url)
        .current_dir(&stack.checkout.root);
    command
}

pub(crate) fn migrate(stack: &Stack, progress: &mut Progress) -> Result<()> {
    let log = stack.checkout.log("migrate")?;
    progress.step("migrate the database", |step| {
        command::run(marquee(stack).arg("migrate"), &log, step)
    })
}

pub(crate) fn start(stack: &Stack, port: u16, progress: &mut Progress) -> Result<Service> {
    let log = stack.checkout.log("core")?;
    progress.step("start the core", |_| {
        let mut command = marquee(stack);
        command.args(["serve", "--with-worker", "--listen", &format!("127.0.0.1:{port}")]);
        let mut service = Service::spawn("core", &mut command, &log)?.recorded(&stack.checkout.records())?;
        let ready = format!("{}/readyz", stack.core_url);
        service.wait_until(Duration::from_secs(60), || http::is_up(&ready))?;
        Ok(service)
    })
}
