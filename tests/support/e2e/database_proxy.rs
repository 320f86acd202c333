use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

use super::background::Background;

/// Between the core and Postgres: a server that can go away and come back without its neighbours noticing,
/// whoever's server `DATABASE_URL` names.
pub struct DatabaseProxy {
    up: Arc<watch::Sender<bool>>,
    url: Url,
    _serving: Background,
}

impl DatabaseProxy {
    pub fn start(to: &Url) -> Self {
        let server = to.socket_addrs(|| Some(5432)).expect("an address").remove(0);
        let up = Arc::new(watch::Sender::new(true));
        let switch = up.clone();
        let (address, _serving) =
            Background::listen(async move |listener| serve(listener, server, &switch).await);
        let mut url = to.clone();
        url.set_ip_host(address.ip()).expect("a URL with a host");
        url.set_port(Some(address.port())).expect("a URL with a port");
        Self { up, url, _serving }
    }

    /// As `DATABASE_URL` takes it.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Every connection breaks, and no new one is taken.
    pub fn down(&self) {
        self.up.send_replace(false);
    }

    pub fn up(&self) {
        self.up.send_replace(true);
    }
}

/// Listens only while it is up, so that a client is refused as by a server that is gone.
async fn serve(mut listener: TcpListener, server: SocketAddr, up: &watch::Sender<bool>) {
    let address = listener.local_addr().expect("a bound address");
    let mut state = up.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => Some(accepted.expect("a connection").0),
            _ = state.wait_for(|up| !up) => None,
        };
        if let Some(client) = accepted {
            let mut state = up.subscribe();
            tokio::spawn(async move {
                tokio::select! { _ = state.wait_for(|up| !up) => {}, () = join(client, server) => {} }
            });
        } else {
            drop(listener);
            let _up = state.wait_for(|up| *up).await;
            listener = TcpListener::bind(address).await.expect("the port that was ours");
        }
    }
}

async fn join(mut client: TcpStream, server: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        let _hung_up = copy_bidirectional(&mut client, &mut server).await;
    }
}
