//! Whatever staff do to orders, payments and promotions is in the audit log, with who did it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::refunds::delivered;
use super::{Market, Ordered};

const TAGS: [&str; 2] = ["orders", "payments"];

/// Everything of the OpenAPI document that staff may do, and not only look at.
async fn operations(market: &Market) -> Vec<String> {
    let (_, document) = market.app.get("/v1/openapi.json").await;
    let mut found = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array().unwrap().iter();
            let staffs = security
                .filter_map(|one| one["api_key"].as_array())
                .any(|scopes| !scopes.is_empty());
            let tag = operation["tags"][0].as_str().unwrap();
            if method != "get" && staffs && TAGS.contains(&tag) {
                found.push(format!("{method} {path}"));
            }
        }
    }
    found
}

/// What there is to be acted on, by the routes that do.
async fn subjects(market: &Market) -> BTreeMap<&'static str, (String, Value)> {
    let of = |order: &Ordered| order.id.clone();
    let called_off = market.settled("sandbox_approve").await;
    let refunded = delivered(market, "sandbox_approve").await;
    let (agreed, declined) = (
        delivered(market, "sandbox_approve").await,
        delivered(market, "sandbox_approve").await,
    );
    for order in [&agreed, &declined] {
        market.act(order, "redo", json!({ "reason": "The name." })).await;
    }
    let held = market.settled("sandbox_capture_partial").await;
    market.sent(&held, crate::videos::good()).await;
    market.settle().await;
    let payment = market.payment(&held).await["id"].as_str().unwrap().to_owned();
    let tenth = json!({ "code": "TENTH", "discount": { "kind": "percent", "basis_points": 1_000 } });
    let other = json!({ "code": "OTHER", "discount": { "kind": "percent", "basis_points": 1_000 } });
    let (_, promotion) = market.app.post("/v1/promotions", other).await;
    let promotion = promotion["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{promotion}"))
        .to_owned();
    let answer = json!({ "answer": "We have watched it." });
    BTreeMap::from([
        ("post /v1/orders/{id}/cancel", (of(&called_off), json!({}))),
        (
            "post /v1/orders/{id}/refunds",
            (of(&refunded), json!({ "reason": "Late." })),
        ),
        ("post /v1/orders/{id}/redo/agree", (of(&agreed), answer.clone())),
        ("post /v1/orders/{id}/redo/decline", (of(&declined), answer)),
        (
            "post /v1/payments/{id}/release",
            (payment, json!({ "release": "look", "reason": "looked at it" })),
        ),
        ("post /v1/promotions", (String::new(), tenth)),
        (
            "patch /v1/promotions/{id}",
            (promotion.clone(), json!({ "note": "December" })),
        ),
        ("post /v1/promotions/{id}/retire", (promotion, json!({}))),
    ])
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whatever_staff_do_is_in_the_audit_log(db: PgPool) {
    let market = Market::new(db).await;
    market.app.leave_jobs();
    let subjects = subjects(&market).await;
    let mut operations = operations(&market).await;
    // What was retired cannot be changed.
    operations.sort_by_key(|operation| operation.ends_with("/retire"));
    let known: Vec<_> = subjects.keys().collect();
    assert_eq!(operations.len(), known.len(), "{operations:?} and {known:?}");

    for operation in operations {
        let (id, body) = &subjects[operation.as_str()];
        let (method, path) = operation.split_once(' ').unwrap();
        market.app.advance(Duration::seconds(1));
        let since = market.app.app.now();
        let request = market
            .app
            .request(
                Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                &path.replace("{id}", id),
            )
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, "*")
            .header("idempotency-key", operation.replace(char::is_whitespace, "-"));
        let answer = market
            .app
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await;
        assert!(answer.status.is_success(), "{operation}: {}", answer.text);

        let logged: Vec<(String, String, String)> =
            sqlx::query_as("select action, subject, principal_id from platform.audit where at >= $1")
                .bind(since)
                .fetch_all(&market.app.app.db)
                .await
                .unwrap();
        let [(action, subject, principal)] = &logged[..] else {
            panic!("{operation}: {logged:?}");
        };
        assert!(
            subject.contains(id.as_str()),
            "{operation}: {action} of {subject}"
        );
        assert!(principal.starts_with("key:"), "{operation}: by {principal}");
    }
}
