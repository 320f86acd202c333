use axum::http::{Method, StatusCode};
use marquee_core::access::Permission::RulesRead;
use marquee_core::privacy::PERSONAL_DATA;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use crate::accounts::{PASSWORD, grants, is_in, person, sign_in, staff_member};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn one_gets_all_that_is_known_of_oneself(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = person(&app, "ana@acme.example").await;

    let (status, file) = app.call_as(&token, Method::GET, "/v1/me/export", None).await;

    assert_eq!(status, StatusCode::OK, "{file}");
    assert_eq!(file["person"]["email"], "ana@acme.example");
    assert_eq!(file["sessions"][0]["user_agent"], "a test");
    assert_eq!(file["mails"][0]["template"], "accounts.confirm_sign_up");
    assert_eq!(
        file["history"],
        json!([{ "at": "2026-07-01T12:00:00Z", "action": "accounts.sign_up", "by_themselves": true }])
    );
    assert!(!file.to_string().contains("argon2") && !file.to_string().contains("sha256"));
    let (_, staffs) = app.get(&format!("/v1/people/{id}/export")).await;
    assert_eq!(staffs["person"]["email"], file["person"]["email"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_is_erased_is_nowhere_and_their_address_is_free(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let (id, token) = person(&app, "ana@acme.example").await;
    let erase = async |password: &str| {
        let body = json!({ "password": password });
        app.call_as(&token, Method::POST, "/v1/me/erase", Some(body))
            .await
    };

    assert_eq!(erase("wrong").await.1["code"], "password_wrong");
    assert!(is_in(&app, &token).await);
    assert_eq!(erase(PASSWORD).await.0, StatusCode::NO_CONTENT);

    assert!(!is_in(&app, &token).await);
    assert_eq!(
        sign_in(&app, "ana@acme.example", PASSWORD).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.get(&format!("/v1/people/{id}")).await.1["code"],
        "person_unknown"
    );
    assert_eq!(app.get("/v1/people?text=ana").await.1["items"], json!([]));
    let (_, log) = app.get(&format!("/v1/audit?subject=person/{id}")).await;
    assert_eq!(
        log["items"][0]["action"], "privacy.erase",
        "that it was done stays known"
    );
    let tables = sqlx::query_scalar::<_, String>(
        "select format('%I.%I', schemaname, tablename) from pg_tables
        where schemaname in ('accounts', 'platform') order by 1",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    for table in tables {
        let rows =
            sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(format!("select t::text from {table} t")))
                .fetch_all(&db)
                .await
                .unwrap();
        for row in rows {
            let told = row.to_lowercase().contains("ana@acme") || row.contains("Ana Lima");
            assert!(!told, "{table}: {row}");
        }
    }
    let (again, _) = person(&app, "ana@acme.example").await;
    assert_ne!(again, id);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn members_of_the_staff_are_not_erased(db: PgPool) {
    let app = TestApp::new(db).await;
    let bob = staff_member(&app, "bob@acme.example", grants(&[RulesRead], None)).await;

    let (status, problem) = app.post(&format!("/v1/people/{bob}/erase"), json!({})).await;

    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("staff_member"))
    );
    let nobody = "/v1/people/00000000-0000-0000-0000-000000000000/erase";
    assert_eq!(app.post(nobody, json!({})).await.1["code"], "person_unknown");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_column_with_personal_data_has_a_fate(db: PgPool) {
    let tagged = sqlx::query_scalar::<_, String>(
        "select format('%s.%s.%s', nspname, relname, attname)
        from pg_description
        join pg_attribute on attrelid = objoid and attnum = objsubid
        join pg_class on pg_class.oid = attrelid
        join pg_namespace on pg_namespace.oid = relnamespace
        where description like 'pii:%' and relispartition is false
        order by 1",
    )
    .fetch_all(&db)
    .await
    .unwrap();

    let covered: Vec<_> = PERSONAL_DATA
        .iter()
        .map(|(column, _)| (*column).to_owned())
        .collect();
    assert_eq!(tagged, covered);
}
