use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri};
use axum::routing::post;
use marquee_core::config;
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;

/// Telegram and Sentry, as far as alerts go: it takes what is sent to either, remembers it and answers as told. The
/// packages that there are (telegram-test-api, kent) take everything, and what matters here is what happens when they
/// do not.
pub struct AlertReceiver {
    url: String,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<Reply>>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

/// What is answered instead of 200.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Status(u16),
    /// 429, as Telegram says it: in the body; and as Sentry does: in a header.
    ComeAgainIn(u64),
    /// Not while anybody waits.
    Never,
}

impl AlertReceiver {
    pub const TOKEN: &str = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
    pub const KEY: &str = "0123456789abcdef0123456789abcdef";

    /// On a port of its own, until the test ends.
    pub async fn start() -> Self {
        let inner = Arc::<Inner>::default();
        let router = Router::new()
            .route("/{bot}/sendMessage", post(receive))
            .route("/{bot}/getMe", post(receive))
            .route("/{bot}/getChat", post(receive))
            .route("/api/{project}/envelope/", post(receive))
            .with_state(inner.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inner }
    }

    pub fn telegram(&self) -> config::Telegram {
        config::Telegram {
            api_url: self.url.parse().unwrap(),
            token: SecretString::from(Self::TOKEN),
            chat: "-1001".to_owned(),
        }
    }

    /// As `MARQUEE_SENTRY_DSN` has it.
    pub fn dsn(&self) -> String {
        self.url.replace("http://", &format!("http://{}@", Self::KEY)) + "/42"
    }

    /// The next calls are answered so, one after another.
    pub fn answer(&self, replies: impl IntoIterator<Item = Reply>) {
        self.inner.answers.lock().unwrap().extend(replies);
    }

    /// What came since the last time.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.inner.received.lock().unwrap())
    }
}

impl Received {
    /// A message to Telegram's body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// An envelope to Sentry's lines: its headers, and each item's headers and body.
    pub fn envelope(&self) -> Vec<Value> {
        let lines = self.body.lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

async fn receive(
    State(inner): State<Arc<Inner>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    inner.received.lock().unwrap().push(Received {
        path: uri.path().to_owned(),
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let reply = inner.answers.lock().unwrap().pop_front();
    let response = Response::builder();
    let answered = match reply {
        None => {
            let result = match uri.path().rsplit('/').next() {
                Some("getMe") => r#","result":{"id":123456,"is_bot":true,"username":"marquee_bot"}"#,
                Some("getChat") => r#","result":{"id":-1001,"type":"supergroup","title":"On call"}"#,
                _ => "",
            };
            response.body(Body::from(format!(r#"{{"ok":true{result}}}"#)))
        }
        Some(Reply::Status(status)) => {
            let body = r#"{"ok":false,"description":"something is wrong"}"#;
            response.status(status).body(Body::from(body))
        }
        Some(Reply::ComeAgainIn(seconds)) => {
            let body = format!(
                r#"{{"ok":false,"description":"Too Many Requests","parameters":{{"retry_after":{seconds}}}}}"#
            );
            response
                .status(429)
                .header("retry-after", seconds)
                .body(Body::from(body))
        }
        Some(Reply::Never) => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            response.body(Body::empty())
        }
    };
    answered.unwrap()
}
