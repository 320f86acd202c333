use std::sync::Arc;

use marquee_core::platform::database;
use sqlx::PgPool;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A way to Postgres that can be cut, and mended.
pub struct Line {
    /// Reaches the same database through the line.
    pub db: PgPool,
    up: Arc<watch::Sender<bool>>,
}

impl Line {
    pub async fn to(db: &PgPool) -> Self {
        let options = (*db.connect_options()).clone();
        let target = format!("{}:{}", options.get_host(), options.get_port());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let up = Arc::new(watch::Sender::new(true));
        let theirs = up.clone();
        // A thread of its own, which carries on while the test's blocks.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(carry(listener, target, theirs));
        });
        Self {
            db: database::pool_options(4).connect_lazy_with(options.host("127.0.0.1").port(port)),
            up,
        }
    }

    /// Open connections break, and new ones are refused at once.
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    pub fn mend(&self) {
        self.up.send_replace(true);
    }
}

async fn carry(listener: std::net::TcpListener, target: String, up: Arc<watch::Sender<bool>>) {
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    while let Ok((mut here, _)) = listener.accept().await {
        let (mut up, target) = (up.subscribe(), target.clone());
        tokio::spawn(async move {
            if !*up.borrow_and_update() {
                return;
            }
            let Ok(mut there) = TcpStream::connect(target).await else {
                return;
            };
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut here, &mut there) => {}
                _ = up.wait_for(|up| !up) => {}
            }
        });
    }
}
