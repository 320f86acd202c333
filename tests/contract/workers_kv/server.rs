use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server with one answer, which it remembers having given to whom.
pub(super) struct Server {
    address: String,
    answer: Arc<Answer>,
    task: JoinHandle<()>,
}

struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    requests: Mutex<Vec<String>>,
}

impl Server {
    pub(super) async fn answering(status: StatusCode, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let answer = Arc::new(Answer {
            status,
            headers: headers.collect(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            requests: Mutex::default(),
        });
        let router = Router::new().fallback(respond).with_state(answer.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            answer,
            task,
        }
    }

    /// Takes connections, and says nothing.
    pub(super) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok(connection) = listener.accept().await {
                held.push(connection);
            }
        });
        let answer = Answer {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: Bytes::new(),
            requests: Mutex::default(),
        };
        Self {
            address,
            answer: Arc::new(answer),
            task,
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Method, path, authorization and body of each.
    pub(super) fn requests(&self) -> Vec<String> {
        self.answer.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond(State(answer): State<Arc<Answer>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let authorization = head
        .headers
        .get(header::AUTHORIZATION)
        .map_or("", |value| value.to_str().unwrap());
    let line = format!(
        "{} {} {authorization} {}",
        head.method,
        head.uri,
        String::from_utf8_lossy(&body)
    );
    answer.requests.lock().unwrap().push(line);
    let mut response = (answer.status, answer.body.clone()).into_response();
    response.headers_mut().extend(answer.headers.iter().cloned());
    response
}
