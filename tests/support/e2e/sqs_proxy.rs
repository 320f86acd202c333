use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::serve::Listener;
use futures::stream;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::background::Background;
use super::{Fault, Weather, client};

/// Between the platform and SQS: what passes here fails as the [`Weather`] has it.
pub struct SqsProxy {
    pub weather: Arc<Weather>,
    address: SocketAddr,
    _serving: Background,
}

#[derive(Clone)]
struct Way {
    weather: Arc<Weather>,
    to: Url,
}

/// What SQS said.
struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl SqsProxy {
    pub fn start(to: &Url) -> Self {
        let weather = Arc::<Weather>::default();
        let way = Way {
            weather: weather.clone(),
            to: to.clone(),
        };
        let doors = weather.clone();
        let (address, _serving) = Background::listen(async move |listener| {
            let router = Router::new().fallback(pass).with_state(way);
            let _never_ends = axum::serve(
                Doors {
                    listener,
                    weather: doors,
                },
                router,
            )
            .await;
        });
        Self {
            weather,
            address,
            _serving,
        }
    }

    /// The same place as `url`, reached through here.
    pub fn before(&self, url: &Url) -> Url {
        let mut url = url.clone();
        url.set_ip_host(self.address.ip()).expect("a URL with a host");
        url.set_port(Some(self.address.port()))
            .expect("a URL with a port");
        url
    }
}

/// Slams the door while nobody is to answer.
struct Doors {
    listener: TcpListener,
    weather: Arc<Weather>,
}

impl Listener for Doors {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match Listener::accept(&mut self.listener).await {
                (stream, _) if self.weather.is_down() => {
                    self.weather.note(Fault::Refused);
                    drop(stream);
                }
                accepted => return accepted,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

async fn pass(State(way): State<Way>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let action = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let fault = way.weather.strike(could(action));
    match fault {
        None => whole(way.forward(&headers, body).await),
        Some(Fault::Refused) => broken(StatusCode::OK, Bytes::new(), 1),
        Some(Fault::Busy) => busy(),
        Some(Fault::DoneButBusy) => {
            way.forward(&headers, body).await;
            busy()
        }
        Some(Fault::Cut) => {
            let answer = way.forward(&headers, body).await;
            let half = answer.body.slice(..answer.body.len() / 2);
            broken(answer.status, half, answer.body.len())
        }
        Some(Fault::Doubled) => {
            way.forward(&headers, body.clone()).await;
            whole(way.forward(&headers, body).await)
        }
        Some(Fault::PartlyFailed) => whole(way.forward_partly(&headers, &body).await),
        Some(Fault::NotDeleted) => whole(pretend(&body)),
    }
}

/// What may happen to an action of SQS without our breaking its promises: a receive that is doubled only hides
/// messages for a while, but one that is "busy" after all takes them out of sight, which is the same as cut.
fn could(action: &str) -> &'static [Fault] {
    use Fault::{Busy, Cut, DoneButBusy, Doubled, NotDeleted, PartlyFailed, Refused};
    match action {
        "AmazonSQS.SendMessageBatch" => &[Refused, Busy, DoneButBusy, Cut, Doubled, PartlyFailed],
        "AmazonSQS.DeleteMessageBatch" => &[Refused, Busy, DoneButBusy, Cut, PartlyFailed, NotDeleted],
        _ => &[Refused, Busy, Cut],
    }
}

impl Way {
    /// The queue's URL in the request names us, which SQS would not know.
    async fn forward(&self, headers: &HeaderMap, body: Bytes) -> Answer {
        let mut request: Value = serde_json::from_slice(&body).expect("a JSON request");
        if let Some(queue) = request["QueueUrl"].as_str() {
            let mut queue: Url = queue.parse().expect("a queue's URL");
            queue.set_port(self.to.port()).expect("a URL with a port");
            request["QueueUrl"] = queue.as_str().into();
        }
        let mut call = client().post(self.to.clone()).body(request.to_string());
        for name in ["x-amz-target", "content-type"] {
            call = match headers.get(name) {
                Some(value) => call.header(name, value),
                None => call,
            };
        }
        let answer = call.send().await.expect("the SQS emulator");
        Answer {
            status: answer.status(),
            body: answer.bytes().await.expect("its answer"),
        }
    }

    /// Keeps the last entry of a batch back and says that it failed.
    async fn forward_partly(&self, headers: &HeaderMap, body: &Bytes) -> Answer {
        let mut request: Value = serde_json::from_slice(body).expect("a JSON request");
        let entries = request["Entries"].as_array_mut().expect("a batch");
        let kept = entries.pop().expect("an entry");
        let mut answer = if entries.is_empty() {
            json!({ "Successful": [] })
        } else {
            let answer = self.forward(headers, request.to_string().into()).await;
            serde_json::from_slice(&answer.body).expect("a JSON answer")
        };
        let failed = json!({ "Id": kept["Id"], "Code": "InternalError", "SenderFault": false });
        match answer["Failed"].as_array_mut() {
            Some(others) => others.push(failed),
            None => answer["Failed"] = json!([failed]),
        }
        Answer {
            status: StatusCode::OK,
            body: answer.to_string().into(),
        }
    }
}

fn pretend(body: &Bytes) -> Answer {
    let request: Value = serde_json::from_slice(body).expect("a JSON request");
    let entries = request["Entries"].as_array().expect("a batch");
    let done: Vec<_> = entries.iter().map(|entry| json!({ "Id": entry["Id"] })).collect();
    Answer {
        status: StatusCode::OK,
        body: json!({ "Successful": done, "Failed": [] }).to_string().into(),
    }
}

fn whole(answer: Answer) -> Response<Body> {
    answered(answer.status, answer.body.into())
}

fn busy() -> Response<Body> {
    answered(
        StatusCode::SERVICE_UNAVAILABLE,
        r#"{"__type":"com.amazonaws.sqs#ServiceUnavailable"}"#.into(),
    )
}

/// Promises `length` bytes, sends `part` of them and hangs up.
fn broken(status: StatusCode, part: Bytes, length: usize) -> Response<Body> {
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    let mut answer = answered(status, Body::from_stream(stream::iter([Ok(part), Err(reset)])));
    answer
        .headers_mut()
        .insert("content-length", length.max(1).into());
    answer
}

fn answered(status: StatusCode, body: Body) -> Response<Body> {
    let answer = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0");
    answer.body(body).expect("a well-formed answer")
}
