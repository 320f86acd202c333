use clap::Args;
use tokio::net::TcpListener;

use super::Outcome;
use crate::app::App;
use crate::http;
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
        stop_on_signal(&app)?;
        let listener = TcpListener::bind(app.config.listen).await?;
        tracing::info!(address = %listener.local_addr()?, "listening");
        let roles: &[Role] = if self.with_worker { &Role::ALL } else { &[] };
        let (served, ()) = tokio::join!(http::serve(app.clone(), listener), worker::work(&app, roles));
        served?;
        Ok(Outcome::Done)
    }
}

#[derive(Args)]
pub(super) struct Work {
    /// Which kinds of jobs
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["default", "mail", "media", "ingest", "cron"])]
    roles: Vec<Role>,
}

impl Work {
    pub(super) async fn run(self, app: App) -> anyhow::Result<Outcome> {
        stop_on_signal(&app)?;
        worker::work(&app, &self.roles).await;
        Ok(Outcome::Done)
    }
}

/// Asks the process to stop at SIGTERM or Ctrl-C.
fn stop_on_signal(app: &App) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stopping = app.stopping.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping");
        stopping.cancel();
    });
    Ok(())
}
