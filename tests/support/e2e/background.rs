use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use tokio::sync::oneshot;

/// A server on a thread and a runtime of its own, because tests share servers and each has its own runtime.
/// Ends with all its connections when dropped.
pub(super) struct Background {
    _stop: oneshot::Sender<()>,
}

impl Background {
    /// Runs `serve` with a listener on a free port of 127.0.0.1.
    pub(super) fn listen<F>(serve: F) -> (SocketAddr, Self)
    where
        F: AsyncFnOnce(tokio::net::TcpListener) + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener for tokio");
        let address = listener.local_addr().expect("a bound address");
        let (_stop, stopped) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! { () = serve(listener) => {}, _ = stopped => {} }
            });
        });
        (address, Self { _stop })
    }
}
