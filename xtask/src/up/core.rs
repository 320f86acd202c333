//! The core: API and worker in one process.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Stack, http};
use crate::checkout::{Checkout, write_secret};
use crate::command;
use crate::progress::Progress;
use crate::service::Service;

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
    let mut command = Command::new(&stack.program);
    command.envs(settings(stack)).current_dir(&stack.checkout.root);
    command
}

fn settings(stack: &Stack) -> [(&'static str, String); 8] {
    let kv_url = format!("{}/cdn-cgi/explorer/api", stack.edge_url);
    [
        ("MARQUEE_ENV", "local".to_owned()),
        ("MARQUEE_BASE_URL", stack.core_url.clone()),
        ("DATABASE_URL", stack.database_url.clone()),
        ("MARQUEE_SIGNING_KEY", stack.signing_key.secret().to_owned()),
        ("CLOUDFLARE_API_URL", kv_url),
        ("MARQUEE_EDGE_URL", stack.edge_url.clone()),
        ("SQS_ENDPOINT_URL", stack.queue.endpoint_url.clone()),
        ("SQS_QUEUE_URL", stack.queue.queue_url.clone()),
    ]
}

/// For a shell: `. .local/env`, and `marquee` speaks to this stack.
pub(crate) fn write_environment(stack: &Stack) -> Result<()> {
    let quoted = |value: &str| format!("'{}'", value.replace('\'', r"'\''"));
    let mut text: String = settings(stack)
        .iter()
        .map(|(name, value)| format!("export {name}={}\n", quoted(value)))
        .collect();
    text += "export MARQUEE_LOG=warn\n";
    if let Some(programs) = stack.program.parent() {
        text += &format!("export PATH={}:\"$PATH\"\n", quoted(&programs.to_string_lossy()));
    }
    write_secret(&stack.checkout.local().join("env"), &text)
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
