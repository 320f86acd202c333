//! The core's routes in this process, asked over HTTP from other threads, as from another machine.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result};
use clap::Parser;
use marquee_core::app::App;
use marquee_core::config::Settings;
use marquee_core::http;
use marquee_core::platform::database;
use sqlx::PgPool;
use tokio::net::TcpListener;

/// The service's settings, as its own program would read them.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

/// Fills the database, then serves the core on it while `ask` runs on a thread of its own.
pub(crate) fn while_served<T: Send>(
    database_url: &str,
    fill: impl AsyncFnOnce(&PgPool) -> Result<()>,
    ask: impl FnOnce(SocketAddr) -> Result<T> + Send,
) -> Result<T> {
    let flags = Flags::parse_from(["marquee", "--env", "local", "--database-url", database_url]);
    let config = flags.settings.validate()?;
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
