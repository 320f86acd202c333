//! The core's routes in this process, asked over HTTP from other threads, as from another machine.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result};
use clap::{Args as _, Command};
use marquee_core::app::App;
use marquee_core::config::{Config, Settings};
use marquee_core::http;
use marquee_core::platform::database;
use sqlx::Postgres;
use sqlx::migrate::MigrateDatabase as _;
use tokio::net::TcpListener;
use url::Url;

/// What the service's own program would read, of a local environment with this database.
pub(crate) fn config(database_url: &str) -> Result<Config> {
    let command = Settings::augment_args(Command::new("marquee"));
    let matches = command.get_matches_from(["marquee", "--env", "local", "--database-url", database_url]);
    Ok(Settings::read(&matches)?)
}

/// An empty database beside the given one, with the name of the part that uses it: parts fill the same tables each in its own
/// way. What an earlier run left in it goes.
pub(crate) fn database_of(part: &str, given: &str) -> Result<String> {
    let mut url = Url::parse(given).context("the database's address")?;
    let name = format!("{}_{part}", url.path().trim_start_matches('/'));
    url.set_path(&name);
    let runtime = tokio::runtime::Runtime::new().context("starting the asynchronous runtime")?;
    runtime
        .block_on(async {
            Postgres::drop_database(url.as_str()).await?;
            Postgres::create_database(url.as_str()).await
        })
        .with_context(|| format!("making the database {name}"))?;
    Ok(url.into())
}

/// Fills the database, then serves the core on it while `ask` runs on a thread of its own.
pub(crate) fn while_served<T: Send>(
    database_url: &str,
    fill: impl AsyncFnOnce(&App) -> Result<()>,
    ask: impl FnOnce(SocketAddr) -> Result<T> + Send,
) -> Result<T> {
    let config = config(database_url)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the asynchronous runtime")?;
    let (app, listener) = runtime.block_on(async {
        let app = App::connect(config).await?;
        database::migrate(&app.db).await?;
        fill(&app).await?;
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
