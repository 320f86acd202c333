//! Webhooks over real HTTP: what arrives, and where nothing may arrive.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Redirect;
use axum::routing::post;
use marquee_core::adapters::webhook_post::WebhookPost;
use marquee_core::webhooks::{SendError, WebhookSender};
use tokio::net::TcpListener;
use url::Url;

/// A receiver on this machine; its port.
async fn receiver() -> u16 {
    let echo = async |headers: HeaderMap, body: String| {
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        let json = headers[header::CONTENT_TYPE] == "application/json";
        (StatusCode::ACCEPTED, format!("{id} {json} {body}"))
    };
    let never = async || std::future::pending::<()>().await;
    let app = Router::new()
        .route("/echo", post(echo))
        .route("/never", post(never))
        .route("/away", post(async || Redirect::temporary("/echo")))
        .route("/long", post(async || "x".repeat(1_000_000)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

async fn send(sender: &WebhookPost, url: &str) -> Result<(u16, String), SendError> {
    let headers = [("webhook-id", "msg_1".to_owned())];
    let reply = sender
        .post(&Url::parse(url).unwrap(), &headers, "{\"a\":1}")
        .await?;
    Ok((reply.status, reply.body))
}

#[tokio::test]
async fn a_message_arrives_with_its_headers_and_the_answer_comes_back() {
    let (port, sender) = (receiver().await, WebhookPost::new(true).unwrap());

    let reply = send(&sender, &format!("http://localhost:{port}/echo")).await;
    assert_eq!(reply, Ok((202, "msg_1 true {\"a\":1}".to_owned())));
    let (status, body) = send(&sender, &format!("http://127.0.0.1:{port}/long"))
        .await
        .unwrap();
    assert_eq!((status, body.len()), (200, 4_096));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (port, sender) = (receiver().await, WebhookPost::new(true).unwrap());
    let reply = send(&sender, &format!("http://localhost:{port}/away")).await;
    assert_eq!(reply.map(|(status, _)| status), Ok(307));
}

#[tokio::test]
async fn private_addresses_are_refused_by_name_and_by_number() {
    let (port, sender) = (receiver().await, WebhookPost::new(false).unwrap());
    for host in [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "2130706433",
    ] {
        let reply = send(&sender, &format!("http://{host}:{port}/echo")).await;
        assert_eq!(reply, Err(SendError::Private), "{host}");
    }
}

#[tokio::test]
async fn who_does_not_answer_is_given_up() {
    let sender = WebhookPost::with_timeout(true, Duration::from_millis(300)).unwrap();
    let reply = send(&sender, &format!("http://localhost:{}/never", receiver().await)).await;
    assert_eq!(reply, Err(SendError::Timeout));
}

#[tokio::test]
async fn nobody_there_is_a_failure_with_its_reason() {
    let sender = WebhookPost::new(true).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let reply = send(&sender, &format!("http://127.0.0.1:{port}/echo")).await;
    assert!(
        matches!(&reply, Err(SendError::Failed(reason)) if reason.contains("refused")),
        "{reply:?}"
    );
}
