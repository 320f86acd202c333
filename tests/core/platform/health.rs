use axum::body::Body;
use axum::http::{Method, StatusCode};
use marquee_core::http;
use marquee_core::platform::clock;
use marquee_tests::process::root;
use marquee_tests::{Answer, Step, TestApp, until_async};
use serde_json::json;
use sqlx::{Executor as _, PgPool, SqlSafeStr as _};
use tower::ServiceExt;

use super::{GREET, scripted};

async fn anonymous(app: &TestApp, path: &str) -> Answer {
    app.send(app.anonymous(Method::GET, path).body(Body::empty()).unwrap())
        .await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_process_that_stops_lives_but_is_not_ready(db: PgPool) {
    let app = TestApp::new(db).await;
    assert_eq!(anonymous(&app, "/healthz").await.text, "ok\n");
    assert_eq!(anonymous(&app, "/readyz").await.text, "ready\n");

    app.app.stopping.cancel();

    assert_eq!(anonymous(&app, "/healthz").await.status, StatusCode::OK);
    let ready = anonymous(&app, "/readyz").await;
    assert_eq!(
        (ready.status, &ready.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("stopping"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a09_a_program_whose_tables_are_not_there_yet_lives_but_is_not_ready(db: PgPool) {
    let app = TestApp::new(db).await;
    sqlx::query("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)")
        .execute(&app.app.db)
        .await
        .unwrap();

    let ready = anonymous(&app, "/readyz").await;

    assert_eq!(
        (ready.status, &ready.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("migrations"))
    );
    let detail = ready.body["detail"].as_str().unwrap();
    assert!(detail.contains("run `marquee migrate`"), "{detail}");
    assert_eq!(anonymous(&app, "/healthz").await.status, StatusCode::OK);
}

/// What the program before asks of the database, the database after is asked here: a column goes once nothing asks for it.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a09_what_the_program_before_asks_is_answered_by_the_tables_of_this_one(db: PgPool) {
    let before = tempfile::tempdir().unwrap();
    let archive = "git archive HEAD^ .sqlx | tar -x -C \"$0\"";
    let unpacked = std::process::Command::new("bash")
        .args(["-o", "pipefail", "-c", archive])
        .arg(before.path())
        .current_dir(root())
        .output()
        .unwrap();
    if !unpacked.status.success() {
        let why = String::from_utf8_lossy(&unpacked.stderr).into_owned();
        eprintln!("nothing is known of the program before: {why}");
        return;
    }
    let mut conn = db.acquire().await.unwrap();
    let mut asked = 0;
    for file in std::fs::read_dir(before.path().join(".sqlx")).unwrap() {
        let file = std::fs::read(file.unwrap().path()).unwrap();
        let query: serde_json::Value = serde_json::from_slice(&file).unwrap();
        let query = sqlx::AssertSqlSafe(query["query"].as_str().unwrap().to_owned());
        let prepared = (&mut *conn).prepare(query.into_sql_str()).await;
        assert!(
            prepared.is_ok(),
            "{:?}: {file:?}",
            prepared.err(),
            file = String::from_utf8(file)
        );
        asked += 1;
    }
    assert!(asked > 100, "only {asked}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a08_without_a_connection_requests_get_503_and_the_process_lives(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        let options = (*parts.db.connect_options()).clone();
        let short = std::time::Duration::from_millis(500);
        let pool = marquee_core::platform::database::pool_options(1).acquire_timeout(short);
        parts.db = pool.connect_lazy_with(options);
    })
    .await;
    let taken = app.app.db.acquire().await.unwrap();

    let (status, problem) = app.get("/v1/keys").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );
    let answer = app
        .send(app.request(Method::GET, "/v1/keys").body(Body::empty()).unwrap())
        .await;
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(anonymous(&app, "/readyz").await.body["code"], "database");
    assert_eq!(anonymous(&app, "/healthz").await.status, StatusCode::OK);

    drop(taken);
    assert_eq!(
        app.get("/v1/keys").await.0,
        StatusCode::OK,
        "it recovers by itself"
    );
    assert_eq!(anonymous(&app, "/readyz").await.status, StatusCode::OK);
    app.app.db.close().await;
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a08_a_request_whose_connection_postgres_ends_is_told_to_come_again(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let mut held = db.begin().await.unwrap();
    sqlx::query("lock table accounts.api_key in access exclusive mode")
        .execute(&mut *held)
        .await
        .unwrap();
    let ended = async {
        until_async("the request waits for the lock", async || {
            let end = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'";
            let ended: Vec<bool> = sqlx::query_scalar(end).fetch_all(&db).await.unwrap();
            ended.contains(&true)
        })
        .await;
    };

    let request = app.request(Method::GET, "/v1/keys").body(Body::empty()).unwrap();
    let (answer, ()) = tokio::join!(app.send(request), ended);

    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );
    assert_eq!(answer.headers["retry-after"], "2");
    held.rollback().await.unwrap();
    assert_eq!(app.get("/v1/keys").await.0, StatusCode::OK);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn measurements_tell_routes_jobs_and_the_pool_and_no_secrets(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, [Step::Fail("no luck")]);
    app.enqueue(&GREET, json!({ "whom": "Ana" }), None).await;
    app.run_jobs().await;
    app.get("/v1/keys/00000000-0000-0000-0000-000000000007").await;
    app.app.files.check().await.unwrap();

    clock::look(&app.app).await.unwrap();
    let mut metrics = anonymous(&app, "/metrics").await;

    for line in [
        r#"marquee_http_request_seconds_count{method="GET",route="/v1/keys/{id}",status="4xx"}"#,
        r#"marquee_job_seconds_count{job="test.greet",outcome="failed"}"#,
        r#"marquee_jobs{role="default",status="ready"}"#,
        r#"marquee_pool_connections{state="idle"}"#,
        r#"marquee_alerts_open{severity="serious"}"#,
        r#"marquee_alerts_open{severity="warning"}"#,
        "marquee_clock_skew_seconds ",
        r#"marquee_call_seconds_count{system="files",call="put",outcome="ok"}"#,
        r#"marquee_call_seconds_count{system="files",call="get",outcome="ok"}"#,
        r#"marquee_call_seconds_count{system="files",call="delete",outcome="ok"}"#,
    ] {
        // Those that Postgres is asked for are left out where it does not answer within a second.
        until_async(line, async || {
            metrics = anonymous(&app, "/metrics").await;
            metrics.text.contains(line)
        })
        .await;
    }
    for secret in ["Ana", "mk_", "000000000007"] {
        assert!(!metrics.text.contains(secret), "{secret}");
    }
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn outside_local_environments_measurements_have_an_address_of_their_own(db: PgPool) {
    let app = TestApp::with(db, |parts| parts.config.env = "production".to_owned()).await;

    assert_eq!(anonymous(&app, "/metrics").await.status, StatusCode::NOT_FOUND);
    let request = app
        .anonymous(Method::GET, "/metrics")
        .body(Body::empty())
        .unwrap();
    let answer = Answer::read(http::operations(&app.app).oneshot(request).await.unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let request = app.request(Method::GET, "/v1/keys").body(Body::empty()).unwrap();
    let answer = Answer::read(http::operations(&app.app).oneshot(request).await.unwrap()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
