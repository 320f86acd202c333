use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Outcome;
use crate::app::App;
use crate::http;
use crate::platform::database;
use crate::platform::jobs::Role;
use crate::worker;

#[derive(Args)]
pub(super) struct Serve {
    /// Also do jobs of every role
    #[arg(long)]
    with_worker: bool,
}

impl Serve {
    pub(super) async fn run(self, app: App) -> anyhow::Result<Outcome> {
        database::check_migrated(&app.db).await?;
        let at_once = stop_on_signal(&app)?;
        let listener = TcpListener::bind(app.config.listen).await;
        let listener = listener.with_context(|| format!("listening on {}", app.config.listen))?;
        tracing::info!(address = %listener.local_addr()?, "listening");
        let roles: &[Role] = if self.with_worker { &Role::ALL } else { &[] };
        let router = http::router(&app);
        let all = async {
            let (operations, (), ()) = tokio::join!(
                operations(&app),
                http::serve(&app, listener, router),
                worker::work(&app, roles),
            );
            operations
        };
        in_time(&app, &at_once, all).await?;
        Ok(Outcome::Done)
    }
}

#[derive(Args)]
pub(super) struct Work {
    /// Which kinds of jobs
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["default", "mail", "media", "ingest", "cron", "payments", "transcode"])]
    roles: Vec<Role>,
}

impl Work {
    pub(super) async fn run(self, app: App) -> anyhow::Result<Outcome> {
        database::check_migrated(&app.db).await?;
        let at_once = stop_on_signal(&app)?;
        let all = async {
            let (operations, ()) = tokio::join!(operations(&app), worker::work(&app, &self.roles));
            operations
        };
        in_time(&app, &at_once, all).await?;
        Ok(Outcome::Done)
    }
}

/// Health and measurements on their own address, where one is configured. An address that cannot be had
/// stops the process: what watches it would see nothing.
async fn operations(app: &App) -> anyhow::Result<()> {
    let Some(address) = app.config.metrics_listen else {
        return Ok(());
    };
    match TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address}"))
    {
        Ok(listener) => {
            http::serve(app, listener, http::operations(app)).await;
            Ok(())
        }
        Err(error) => {
            app.stopping.cancel();
            Err(error)
        }
    }
}

/// Somebody asked twice, and does not want to wait.
#[derive(Debug, thiserror::Error)]
#[error("asked twice to stop: what was begun was left as it is, for another process to take up")]
pub(super) struct AtOnce;

/// Until all is done; but once the process is asked to stop, not much longer than it may take, and asked again no longer.
async fn in_time(
    app: &App,
    at_once: &CancellationToken,
    all: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    const A_LITTLE: Duration = Duration::from_secs(2);
    let too_late = async {
        app.stopping.cancelled().await;
        tokio::time::sleep(app.config.stop_within + A_LITTLE).await;
    };
    tokio::select! {
        done = all => done,
        () = too_late => bail!("what was begun did not end in time"),
        () = at_once.cancelled() => Err(AtOnce.into()),
    }
}

/// Asks the process to stop at SIGTERM or Ctrl-C. What is returned is cancelled at the next of them.
fn stop_on_signal(app: &App) -> anyhow::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (stopping, at_once) = (app.stopping.clone(), CancellationToken::new());
    let asked_again = at_once.clone();
    tokio::spawn(async move {
        let mut asked = async || tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} };
        asked().await;
        tracing::info!("stopping; asked again it stops at once");
        stopping.cancel();
        asked().await;
        asked_again.cancel();
    });
    Ok(at_once)
}
