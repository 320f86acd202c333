//! The edge's KV: one suite for the fake and for the real client against wrangler's local store, and the
//! client's manners against a server that misbehaves.

mod server;
mod wrangler;

use std::time::Duration;

use axum::http::StatusCode;
use marquee_core::adapters::workers_kv::WorkersKv;
use marquee_core::config::Kv;
use marquee_core::redirects::{EdgeKv, KvError};
use marquee_tests::FakeEdgeKv;
use secrecy::SecretString;
use server::Server;
use wrangler::Wrangler;

/// What publishing relies on, whoever keeps the values.
async fn keeps_the_contract(kv: &dyn EdgeKv) {
    let table = format!("table/{}", "ab".repeat(32));
    assert_eq!(kv.get("manifest").await.unwrap(), None);
    assert_eq!(kv.get(&table).await.unwrap(), None);

    let every_byte: Vec<u8> = (0..=255).collect();
    kv.put(&table, every_byte.clone()).await.unwrap();
    kv.put("manifest", b"first".to_vec()).await.unwrap();
    assert_eq!(kv.get(&table).await.unwrap(), Some(every_byte));
    assert_eq!(kv.get("manifest").await.unwrap(), Some(b"first".to_vec()));

    kv.put("manifest", b"second".to_vec()).await.unwrap();
    assert_eq!(kv.get("manifest").await.unwrap(), Some(b"second".to_vec()));

    let large: Vec<u8> = (0..8_000_000_u32).map(|at| (at % 251) as u8).collect();
    kv.put(&table, large.clone()).await.unwrap();
    assert!(kv.get(&table).await.unwrap() == Some(large));

    for _ in 0..2 {
        kv.delete(&table).await.unwrap();
        assert_eq!(kv.get(&table).await.unwrap(), None);
    }
    assert_eq!(kv.get("manifest").await.unwrap(), Some(b"second".to_vec()));
}

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    keeps_the_contract(&FakeEdgeKv::default()).await;
}

#[tokio::test]
async fn the_client_keeps_the_contract_with_wranglers_local_store() {
    let wrangler = Wrangler::start().await;
    let kv = WorkersKv::new(&wrangler.settings("rules")).unwrap();
    keeps_the_contract(&kv).await;

    // What was put is what the Worker's binding reads.
    let key = format!("table/{}", "cd".repeat(32));
    kv.put(&key, b"\x00table\xff".to_vec()).await.unwrap();
    let read = reqwest::get(format!("{}/{key}", wrangler.worker()))
        .await
        .unwrap();
    assert_eq!(&read.bytes().await.unwrap()[..], b"\x00table\xff");

    // A namespace that is not there is a mistake to be told, not an empty one.
    let lost = WorkersKv::new(&wrangler.settings("mistyped")).unwrap();
    let error = lost.get("manifest").await.unwrap_err();
    assert!(
        matches!(&error, KvError::Refused(reason) if reason.contains("namespace not found")),
        "{error:?}"
    );
}

fn client(server: &Server) -> WorkersKv {
    client_within(server, Duration::from_secs(20))
}

fn client_within(server: &Server, patience: Duration) -> WorkersKv {
    let settings = Kv {
        api_url: format!("{}/client/v4/", server.address()).parse().unwrap(),
        api_token: SecretString::from("secret-token"),
        account_id: Some("acc".to_owned()),
        namespace_id: "ns".to_owned(),
    };
    WorkersKv::with_timeout(&settings, patience).unwrap()
}

#[tokio::test]
async fn requests_are_addressed_as_cloudflare_wants_them() {
    let server = Server::answering(
        StatusCode::OK,
        &[],
        r#"{"success":true,"errors":[],"result":null}"#,
    )
    .await;
    client(&server).put("table/abc", b"bytes".to_vec()).await.unwrap();
    client(&server).delete("a b/%/ü").await.unwrap();

    let base = "/client/v4/accounts/acc/storage/kv/namespaces/ns/values";
    assert_eq!(
        server.requests(),
        [
            format!("PUT {base}/table%2Fabc Bearer secret-token bytes"),
            format!("DELETE {base}/a%20b%2F%25%2F%C3%BC Bearer secret-token "),
        ]
    );
}

#[tokio::test]
async fn a_429_says_how_long_to_wait() {
    for (headers, expected) in [
        (&[("retry-after", "7")][..], Some(Duration::from_secs(7))),
        (&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")][..], None),
        (&[][..], None),
    ] {
        let server = Server::answering(StatusCode::TOO_MANY_REQUESTS, headers, "slow down").await;
        let error = client(&server).put("manifest", Vec::new()).await.unwrap_err();
        assert!(
            matches!(error, KvError::Throttled { retry_after } if retry_after == expected),
            "{error:?}"
        );
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn answers_are_sorted_into_later_and_never() {
    let envelope =
        r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"result":null}"#;
    let absent =
        r#"{"success":false,"errors":[{"code":10009,"message":"get: 'key not found'"}],"result":null}"#;
    for (status, body, retryable, reason) in [
        (StatusCode::INTERNAL_SERVER_ERROR, "", true, "500"),
        (StatusCode::BAD_GATEWAY, "<html>", true, "502"),
        (StatusCode::REQUEST_TIMEOUT, "", true, "408"),
        (
            StatusCode::FORBIDDEN,
            envelope,
            false,
            "Authentication error (10000)",
        ),
        (StatusCode::BAD_REQUEST, "?", false, "400"),
        (StatusCode::PAYLOAD_TOO_LARGE, "", false, "413"),
        // Written, but not found: no key of ours is meant.
        (StatusCode::NOT_FOUND, absent, false, "key not found"),
        (StatusCode::OK, envelope, false, "Authentication error"),
        (StatusCode::OK, "not the envelope", true, "envelope"),
        // Never followed: it would take the token along.
        (StatusCode::FOUND, "", false, "302"),
    ] {
        let server = Server::answering(status, &[("location", "http://127.0.0.1:1/")], body).await;
        let error = client(&server).put("manifest", Vec::new()).await.unwrap_err();
        let told = format!("{:#}", anyhow::Error::from(error));
        let error = client(&server).put("manifest", Vec::new()).await.unwrap_err();
        assert_eq!(
            (error.is_retryable(), told.contains(reason)),
            (retryable, true),
            "{status} {body}: {told}"
        );
        assert!(!told.contains("secret-token"));
    }
}

#[tokio::test]
async fn only_an_absent_key_is_none() {
    let absent =
        r#"{"success":false,"errors":[{"code":10009,"message":"get: 'key not found'"}],"result":null}"#;
    let server = Server::answering(StatusCode::NOT_FOUND, &[], absent).await;
    assert_eq!(client(&server).get("manifest").await.unwrap(), None);
    client(&server).delete("manifest").await.unwrap();

    for body in [
        "<html>not here</html>",
        r#"{"success":false,"errors":[{"code":7003,"message":"Could not route"}]}"#,
    ] {
        let server = Server::answering(StatusCode::NOT_FOUND, &[], body).await;
        let error = client(&server).get("manifest").await.unwrap_err();
        assert!(!error.is_retryable(), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_slow_or_gone_is_unavailable() {
    let silent = Server::silent().await;
    let hasty = client_within(&silent, Duration::from_millis(500));
    let error = hasty.get("manifest").await.unwrap_err();
    assert!(matches!(error, KvError::Unavailable(_)), "{error:?}");

    let gone = client(&silent);
    drop(silent);
    let error = gone.get("manifest").await.unwrap_err();
    assert!(matches!(error, KvError::Unavailable(_)), "{error:?}");
}
