//! A retried request takes effect once. The routes here are stand-ins for commands that move money.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request, StatusCode, header};
use axum::routing::post;
use futures::future::join_all;
use marquee_core::access::Principal;
use marquee_core::app::App;
use marquee_core::http::{ApiError, IDEMPOTENCY_REPLAYED, Json, Keyed, detached};
use marquee_core::platform::idempotency::{Claim, answer, claim};
use marquee_core::platform::tidy;
use marquee_tests::{Answer, TestApp, until_async};
use serde_json::{Value, json};
use sqlx::{Executor, PgPool};
use time::Duration;
use tokio::sync::Notify;
use tower::ServiceExt;

#[derive(Clone)]
struct Till {
    app: App,
    /// Held shut, a payment waits inside its transaction.
    door: Option<Arc<Notify>>,
}

/// Books a payment, once per key, and says how much has been booked in all.
async fn pay(
    State(till): State<Till>,
    keyed: Keyed<Value>,
) -> Result<([(axum::http::HeaderName, String); 1], Json<Value>), ApiError> {
    let (body, request) = keyed.required()?;
    let app = till.app.clone();
    let (paid, replayed) = detached(&till.app, async move {
        let by = Principal::operator();
        let mut tx = app.db.begin().await?;
        if let Claim::Replay(paid) = claim(&mut tx, app.now(), &by, &request).await? {
            return Ok((paid, true));
        }
        if let Some(door) = till.door {
            door.notified().await;
        }
        if body["amount"] == 13 {
            return Err(ApiError::unprocessable("unlucky", "not thirteen"));
        }
        sqlx::query("insert into payment values ($1)")
            .bind(body["amount"].as_i64())
            .execute(&mut *tx)
            .await?;
        let total: i64 = sqlx::query_scalar("select sum(amount)::bigint from payment")
            .fetch_one(&mut *tx)
            .await?;
        let paid = json!({ "total": total });
        answer(&mut tx, &by, &request, &paid).await?;
        tx.commit().await?;
        Ok::<_, ApiError>((paid, false))
    })
    .await?;
    Ok(([(IDEMPOTENCY_REPLAYED, replayed.to_string())], Json(paid)))
}

/// A till with its table of payments.
async fn open(db: PgPool, door: Option<Arc<Notify>>) -> (TestApp, Till) {
    let app = TestApp::new(db).await;
    app.app
        .db
        .execute("create table payment (amount bigint not null)")
        .await
        .unwrap();
    let till = Till {
        app: app.app.clone(),
        door,
    };
    (app, till)
}

async fn post_payment(till: &Till, key: Option<&str>, amount: i64) -> Answer {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/pay")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request
        .body(Body::from(json!({ "amount": amount }).to_string()))
        .unwrap();
    let router = Router::new().route("/pay", post(pay)).with_state(till.clone());
    Answer::read(router.oneshot(request).await.unwrap()).await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_retry_gets_the_first_answer_and_changes_nothing(db: PgPool) {
    let (_app, till) = open(db, None).await;

    let first = post_payment(&till, Some("a"), 5).await;
    let retry = post_payment(&till, Some("a"), 5).await;
    let next = post_payment(&till, Some("b"), 5).await;

    assert_eq!(
        (
            &first.body["total"],
            first.headers["idempotency-replayed"].as_bytes()
        ),
        (&json!(5), &b"false"[..])
    );
    assert_eq!(
        (
            &retry.body["total"],
            retry.headers["idempotency-replayed"].as_bytes()
        ),
        (&json!(5), &b"true"[..])
    );
    assert_eq!(next.body["total"], 10);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_key_with_another_body_is_refused(db: PgPool) {
    let (_app, till) = open(db, None).await;

    post_payment(&till, Some("a"), 5).await;
    let other = post_payment(&till, Some("a"), 6).await;

    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.body["code"], "idempotency_key_reused");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_request_that_failed_leaves_its_key_free(db: PgPool) {
    let (_app, till) = open(db, None).await;

    assert_eq!(post_payment(&till, Some("a"), 13).await.body["code"], "unlucky");
    // What failed is rolled back behind its answer; until then the key is in use.
    until_async("the key is free", async || {
        let answer = post_payment(&till, Some("a"), 5).await;
        assert!(answer.status == StatusCode::OK || answer.body["code"] == "idempotency_in_flight");
        answer.status == StatusCode::OK
    })
    .await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn ten_at_once_take_effect_once(db: PgPool) {
    let (_app, till) = open(db, None).await;

    let answers = join_all((0..10).map(|_| post_payment(&till, Some("a"), 5))).await;

    let fresh = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK)
        .collect::<Vec<_>>();
    assert!(fresh.iter().all(|answer| answer.body["total"] == 5));
    let first = fresh
        .iter()
        .filter(|answer| answer.headers["idempotency-replayed"] == "false");
    assert_eq!(first.count(), 1);
    let refused = answers.iter().filter(|answer| answer.status != StatusCode::OK);
    assert!(
        refused
            .clone()
            .all(|answer| answer.body["code"] == "idempotency_in_flight")
    );
    assert_eq!(post_payment(&till, Some("b"), 1).await.body["total"], 6);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_retry_while_the_first_is_being_answered_is_told_to_wait(db: PgPool) {
    let door = Arc::new(Notify::new());
    let (_app, till) = open(db, Some(door.clone())).await;

    let first = tokio::spawn({
        let till = till.clone();
        async move { post_payment(&till, Some("a"), 5).await }
    });
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let early = loop {
        // Until the first has claimed its key the second may be first; it then waits at the door as well.
        // Locks are the cluster's; only those in our own database are ours.
        let claims = "select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database
            where locktype = 'advisory' and granted and datname = current_database()";
        let claims: i64 = sqlx::query_scalar(claims).fetch_one(&till.app.db).await.unwrap();
        if claims > 0 {
            break post_payment(&till, Some("a"), 5).await;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "the first never claimed its key"
        );
        tokio::task::yield_now().await;
    };
    door.notify_one();

    assert_eq!(
        (early.status, &early.body["code"]),
        (StatusCode::CONFLICT, &json!("idempotency_in_flight"))
    );
    assert_eq!(early.headers["retry-after"], "1");
    assert_eq!(first.await.unwrap().body["total"], 5);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_command_goes_on_when_its_client_hangs_up(db: PgPool) {
    let door = Arc::new(Notify::new());
    let (app, till) = open(db, Some(door.clone())).await;

    let client = tokio::spawn({
        let till = till.clone();
        async move { post_payment(&till, Some("a"), 5).await }
    });
    while app.app.commands.is_empty() {
        tokio::task::yield_now().await;
    }
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    door.notify_one();
    app.app.commands.close();
    app.app.commands.wait().await;

    let retry = post_payment(&Till { door: None, ..till }, Some("a"), 5).await;
    assert_eq!(
        (
            &retry.body["total"],
            retry.headers["idempotency-replayed"].as_bytes()
        ),
        (&json!(5), &b"true"[..])
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn keys_have_1_to_255_visible_ascii_characters(db: PgPool) {
    let (_app, till) = open(db, None).await;

    let longest = "k".repeat(255);
    assert_eq!(
        post_payment(&till, Some(&longest), 5).await.status,
        StatusCode::OK
    );
    assert_eq!(
        post_payment(&till, Some("~!key#1"), 5).await.status,
        StatusCode::OK
    );
    for bad in ["", "two words", "tab\tbed", "clé", &"k".repeat(256)] {
        let answer = post_payment(&till, Some(bad), 5).await;
        assert_eq!(answer.body["code"], "idempotency_key_invalid", "{bad:?}");
    }
    assert_eq!(
        post_payment(&till, None, 5).await.body["code"],
        "idempotency_key_missing"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn keys_are_remembered_for_a_day(db: PgPool) {
    let (app, till) = open(db, None).await;

    post_payment(&till, Some("a"), 5).await;
    app.advance(Duration::hours(24));
    tidy::tidy(&app.app).await.unwrap();
    assert_eq!(
        post_payment(&till, Some("a"), 5).await.headers["idempotency-replayed"],
        "true"
    );
    app.advance(Duration::SECOND);
    tidy::tidy(&app.app).await.unwrap();
    assert_eq!(
        post_payment(&till, Some("a"), 5).await.headers["idempotency-replayed"],
        "false"
    );
}
