use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Outcome;
use super::output::stdout;
use crate::app::App;

/// Whoever asks by the clock counts a slow answer as none.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the process that was started with these settings, on this machine, whether it lives: for images, which have no
/// other program to ask with.
pub(super) async fn run(app: &App) -> anyhow::Result<Outcome> {
    let config = &app.config;
    let address = on_this_machine(config.metrics_listen.unwrap_or(config.listen));
    let status = tokio::time::timeout(PATIENCE, ask(address)).await;
    let status = status.with_context(|| format!("{address} does not answer within {PATIENCE:?}"))??;
    ensure!(
        status.split(' ').nth(1) == Some("200"),
        "{address} answers `{status}`, which is not good"
    );
    writeln!(stdout(), "{address} lives")?;
    Ok(Outcome::Done)
}

/// Where a process that listens everywhere is found.
fn on_this_machine(mut listens: SocketAddr) -> SocketAddr {
    if listens.ip().is_unspecified() {
        listens.set_ip(match listens {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    listens
}

/// The first line of the answer: `HTTP/1.1 200 OK`.
async fn ask(address: SocketAddr) -> anyhow::Result<String> {
    const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let connected = TcpStream::connect(address).await;
    let mut stream = connected.with_context(|| format!("asking {address}"))?;
    stream.write_all(REQUEST).await.context("asking")?;
    let mut answer = Vec::new();
    stream
        .take(4096)
        .read_to_end(&mut answer)
        .await
        .context("reading the answer")?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
