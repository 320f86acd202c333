//! From sockets to the router, and back to silence.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use super::client::Peer;
use crate::app::App;

/// How long a client may take to send the head of a request, or to say nothing between two.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Connections beyond this wait to be accepted.
const CONNECTIONS: usize = 4_096;

/// Answers requests until the process is asked to stop, then finishes what was begun, within
/// [`Config::stop_within`](crate::config::Config::stop_within).
///
/// Our own loop because `axum::serve` sets no timer: a client that never finishes its head would keep its
/// connection for ever.
pub async fn serve(app: &App, listener: TcpListener, router: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let next = async {
            let held = connections.clone().acquire_owned().await;
            (held, listener.accept().await)
        };
        let (held, accepted) = tokio::select! {
            () = app.stopping.cancelled() => break,
            next = next => next,
        };
        let (stream, peer) = match accepted {
            Ok((stream, address)) => (stream, Peer(address.ip())),
            Err(error) => {
                // Out of file descriptors, most likely: a moment helps, a busy loop would not.
                tracing::warn!(error = %error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Small answers at once; where the option is refused they come a little later.
        let _ = stream.set_nodelay(true);
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request
        });
        let service = TowerToHyperService::new(service);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "a connection ended early");
            }
            drop(held);
        });
    }
    drop(listener);
    let drained = async {
        graceful.shutdown().await;
        app.commands.close();
        app.commands.wait().await;
    };
    if tokio::time::timeout(app.config.stop_within, drained)
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time");
    }
}
