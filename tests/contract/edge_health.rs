//! Asking the Worker how it is: its answers, other people's answers, and none.

use std::time::Duration;

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use marquee_core::adapters::edge_health::Healthz;
use marquee_core::redirects::{EdgeHealth, EdgeReport};
use serde_json::json;
use url::Url;

/// A server that answers `/healthz` so.
async fn edge<F: Future<Output = Response> + Send + 'static>(
    answer: impl Fn(Query<Vec<(String, String)>>) -> F + Clone + Send + Sync + 'static,
) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/healthz", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url.parse().unwrap()
}

/// As `edge/src/health.rs` writes it.
fn health(brand: Option<&str>) -> Response {
    let mut health = json!({
        "status": "ok", "sequence": 12, "age_seconds": 40, "build": "b1", "hits": { "waiting": 0, "dropped": 0 },
    });
    match brand {
        Some("acme") => {
            let canary = json!({ "revision": 5, "percent": 10 });
            health["brand"] = json!({ "code": "acme", "mode": "rules", "revision": 4, "canary": canary });
        }
        Some(_) => return (StatusCode::NOT_FOUND, "{}").into_response(),
        None => {}
    }
    axum::Json(health).into_response()
}

async fn worker() -> Url {
    edge(|Query(query)| async move {
        let brand = query.iter().find(|(name, _)| name == "brand");
        health(brand.map(|(_, value)| value.as_str()))
    })
    .await
}

#[tokio::test]
async fn a_worker_says_what_it_has_of_a_brand() {
    let url = worker().await;
    let edge = Healthz::new(std::slice::from_ref(&url)).unwrap();
    let known = EdgeReport {
        url: url.origin().ascii_serialization(),
        status: "ok".to_owned(),
        sequence: Some(12),
        age_seconds: Some(40),
        build: Some("b1".to_owned()),
        ..EdgeReport::default()
    };

    assert_eq!(edge.look(None).await, std::slice::from_ref(&known));
    let acme = EdgeReport {
        revision: Some(4),
        canary_revision: Some(5),
        ..known.clone()
    };
    assert_eq!(edge.look(Some("acme")).await, [acme]);
    assert_eq!(edge.look(Some("unheard-of")).await, [known], "without a revision");
}

#[tokio::test]
async fn an_isolate_without_a_manifest_says_so() {
    let url = edge(|_| async {
        let health = json!({
            "status": "unavailable", "sequence": null, "age_seconds": null, "build": "b1", "refused": "forged",
            "hits": { "waiting": 0, "dropped": 0 },
        });
        (StatusCode::SERVICE_UNAVAILABLE, axum::Json(health)).into_response()
    })
    .await;
    let report = Healthz::new(&[url]).unwrap().look(None).await.pop().unwrap();
    assert_eq!((report.status.as_str(), report.sequence), ("unavailable", None));
    assert!(report.error.unwrap().contains("forged"));
}

#[tokio::test]
async fn whatever_else_answers_or_does_not_is_unreachable_within_seconds() {
    let refused = "http://127.0.0.1:1".parse().unwrap();
    let page = edge(|_| async { "<html>".into_response() }).await;
    let missing = edge(|_| async { StatusCode::NOT_FOUND.into_response() }).await;
    let silent = edge(|_| std::future::pending()).await;
    let edges = Healthz::new(&[worker().await, refused, page, missing, silent]).unwrap();

    let looked = tokio::time::timeout(Duration::from_secs(10), edges.look(None)).await;

    let statuses: Vec<_> = looked
        .unwrap()
        .into_iter()
        .map(|report| (report.status, report.error.is_some()))
        .collect();
    let unreachable = ("unreachable".to_owned(), true);
    assert_eq!(statuses[0], ("ok".to_owned(), false));
    assert_eq!(statuses[1..], vec![unreachable; 4]);
}
