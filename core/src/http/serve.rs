//! From sockets to the router, and back to silence.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower::{ServiceExt as _, service_fn};

use super::client::Peer;
use super::connections::{Answering, Connection, Connections, Socket, answering};
use crate::app::App;

/// Answers requests until the process is asked to stop, then finishes what was begun, within
/// [`Config::stop_within`](crate::config::Config::stop_within).
///
/// Our own loop because `axum::serve` sets no timer: a client that never finishes its head, or never takes its answer,
/// would keep its connection for ever.
pub async fn serve(app: &App, listener: TcpListener, router: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(app.config.client_within);
    let connections = Connections::new(app.config.connections_at_once);
    let graceful = GracefulShutdown::new();
    loop {
        let next = async {
            let (stream, address) = listener.accept().await?;
            io::Result::Ok((stream, address, connections.admit().await))
        };
        let next = tokio::select! {
            () = app.stopping.cancelled() => break,
            next = next => next,
        };
        let (stream, address, connection) = match next {
            Ok((stream, address, Some(connection))) => (stream, address, connection),
            Ok((_, _, None)) => break,
            Err(error) => {
                // Out of file descriptors, most likely: whoever is silent gives one back. A busy loop would not help.
                tracing::warn!(error = %error, "cannot accept a connection");
                connections.dismiss_longest();
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let service = service(router.clone(), Peer(address.ip()), Arc::clone(&connection));
        let stream = in_time(stream, app.config.client_within);
        let io = TokioIo::new(Socket::new(stream, Arc::clone(&connection)));
        let served = graceful.watch(http.serve_connection(io, TowerToHyperService::new(service)));
        tokio::spawn(async move {
            tokio::select! {
                served = served => if let Err(error) = served {
                    tracing::debug!(error = %error, "a connection ended early");
                },
                () = connection.dismissed.cancelled() => tracing::debug!("a silent connection made room"),
            }
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

/// With a limit for how long nothing of an answer is taken.
fn in_time(stream: TcpStream, within: Duration) -> TimeoutStream<TcpStream> {
    // Small answers at once; where the option is refused they come a little later.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(within));
    stream
}

fn service(
    router: Router,
    peer: Peer,
    connection: Arc<Connection>,
) -> impl tower::Service<Request<Incoming>, Response = Response<Answering>, Error = Infallible, Future: Send> + Clone
{
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let (asking, router) = (connection.asks(), router.clone());
        async move { Ok(answering(asking, router.oneshot(request).await?)) }
    })
}
