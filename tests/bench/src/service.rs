//! The core's routes in this process, asked over HTTP from other threads, as from another machine.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result};
use clap::{Args as _, Command};
use marquee_core::app::App;
use marquee_core::config::{Config, Settings};
use marquee_core::http;
use marquee_core::platform::database;
use sqlx::PgPool;
use tokio::net::TcpListener;

/// What the service's own program would read, of a local environment with this database.
pub(crate) fn config(database_url: &str) -> Result<Config> {
    let command = Settings::augment_args(Command::new("marquee"));
    let matches = command.get_matches_from(["marquee", "--env", "local", "--database-url", database_url]);
    Ok(Settings::read(&matches)?)
}

/// Fills the database, then serves the core on it while `ask` runs on a thread of its own.
pub(crate) fn while_served<T: Send>(
    database_url: &str,
    fill: impl AsyncFnOnce(&PgPool) -> Result<()>,
    ask: impl FnOnce(SocketAddr) -> Result<T> + Send,
) -> Result<T> {
    let config = config(database_url)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the asynchronous runtime")?;
    let (app, listener) = runtime.block_on(async {
        let app = App::connect(config).await?;
        database::migrate(&app.db).await?;
        fill(&app.db).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listening")?;
        anyhow::Ok((app, listener))
    })?;
    let address = listener.local_addr().context("asking for the port")?;
    let served = {
        let app = app.clone();
        let router = http::router(&app);
        runtime.spawn(async move { http::serve(&app, listener, router).await })
    };
    let answer = thread::scope(|scope| scope.spawn(|| ask(address)).join());
    app.stopping.cancel();
    runtime.block_on(served).context("stopping the service")?;
    answer.unwrap_or_else(|_| Err(anyhow::anyhow!("asking panicked")))
}
