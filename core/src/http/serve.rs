use tokio::net::TcpListener;

use super::router;
use crate::app::App;

/// Answers requests until the process is asked to stop, then finishes what was begun.
pub async fn serve(app: App, listener: TcpListener) -> anyhow::Result<()> {
    let stopping = app.stopping.clone();
    let commands = app.commands.clone();
    axum::serve(listener, router(app))
        .with_graceful_shutdown(async move { stopping.cancelled().await })
        .await?;
    commands.close();
    commands.wait().await;
    Ok(())
}
