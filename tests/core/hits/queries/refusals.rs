//! Who may not ask, and what makes no sense to ask.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use sqlx::PgPool;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_makes_no_sense_is_refused_with_a_code(db: PgPool) {
    let test = TestApp::new(db).await;
    for (path, status, code) in [
        ("hits?from=yesterday", 400, "query_invalid"),
        ("hits?rule=seven", 400, "query_invalid"),
        ("hits?rule=99999999999", 400, "query_invalid"),
        ("hits?outcome=won", 400, "query_invalid"),
        ("hits?bots=some", 400, "query_invalid"),
        ("hits?grain=week", 400, "query_invalid"),
        ("hits?brnad=acme", 400, "query_invalid"),
        ("hits?limit=-1", 400, "query_invalid"),
        ("hits?group_by=zip", 422, "filter_invalid"),
        ("hits?brand=Acme%00", 400, "query_invalid"),
        ("hits?variant=%00", 400, "query_invalid"),
        ("hits?state=XX", 422, "filter_invalid"),
        (
            "hits?from=2026-07-01T12:00:00Z&to=2026-07-01T12:00:00Z",
            422,
            "range_empty",
        ),
        (
            "hits?from=2026-06-01T00:00:00Z&grain=minute",
            422,
            "range_too_old",
        ),
        (
            "hits?from=2026-06-30T00:00:00Z&to=2027-06-30T00:00:00Z&grain=minute",
            422,
            "range_too_long",
        ),
        ("hits?days=0", 422, "filter_invalid"),
        ("hits/recent?days=3661", 422, "filter_invalid"),
        ("hits?days=7&from=2026-06-01T00:00:00Z", 422, "filter_invalid"),
        ("hits/recent?cursor=first", 400, "cursor_invalid"),
        (
            "hits/recent?cursor=7d444840-9dc0-41d1-b245-5ffdce74fad2",
            400,
            "cursor_invalid",
        ),
        (
            "hits/recent?from=2026-07-02T00:00:00Z&to=2026-07-01T00:00:00Z",
            422,
            "range_empty",
        ),
        ("hits/rules", 400, "query_invalid"),
        ("hits/rules?brand=", 422, "filter_invalid"),
        ("hits/rules?brand=acme&cursor=x", 400, "cursor_invalid"),
        ("hits/splits?brand=acme&cursor=x", 400, "cursor_invalid"),
        ("hits/quarantine?cursor=zz", 400, "cursor_invalid"),
        ("lost-zips?cursor=e30", 400, "cursor_invalid"),
        ("lost-zips?order=oldest", 400, "query_invalid"),
        // The cursor of another order: {"order":"newest","rank":1,"brand":"a","zip":"10001"}.
        (
            "lost-zips?order=frequent&cursor=eyJvcmRlciI6Im5ld2VzdCIsInJhbmsiOjEsImJyYW5kIjoiYSIsInppcCI6IjEwMDAxIn0",
            400,
            "cursor_invalid",
        ),
    ] {
        let (answered, problem) = test.get(&format!("/v1/{path}")).await;
        assert_eq!(
            (answered.as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{path}: {problem}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_unknown_group_is_told_which_there_are(db: PgPool) {
    let test = TestApp::new(db).await;
    let (_, problem) = test.get("/v1/hits?group_by=brand,zip").await;
    assert_eq!(
        problem["errors"][0]["detail"],
        "there is no `zip` to group by; there are brand, product, state, rule, variant, outcome"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_ends_of_the_calendar_are_answered(db: PgPool) {
    let test = TestApp::new(db).await;
    for path in [
        "hits?from=0000-01-01T00:00:00Z",
        "hits?to=9999-12-31T23:59:59Z&grain=day",
        "hits/recent?from=0000-01-01T00:00:00%2B23:59&to=9999-12-31T23:59:59-23:59",
        "hits/splits?brand=acme&from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z",
        "hits/rules?brand=acme&days=65535",
        "lost-zips?days=0",
    ] {
        let (status, body) = test.get(&format!("/v1/{path}")).await;
        assert!(status.as_u16() < 500, "{path}: {body}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn only_a_key_that_may_read_hits_is_answered(db: PgPool) {
    let test = TestApp::new(db).await;
    let paths = [
        "hits",
        "hits/recent",
        "hits/rules?brand=a",
        "hits/splits?brand=a",
        "hits/quarantine",
        "lost-zips",
    ];
    let others: Vec<Permission> = Permission::ALL
        .into_iter()
        .filter(|one| *one != Permission::HitsRead)
        .collect();
    let wrong = test.api_key(&others).await;
    let right = test.api_key(&[Permission::HitsRead]).await;
    for path in paths {
        let ask = |token: Option<String>| {
            let request = test.anonymous(Method::GET, &format!("/v1/{path}"));
            let request = token.iter().fold(request, |request, token| {
                request.header("authorization", format!("Bearer {token}"))
            });
            test.send(request.body(Body::empty()).unwrap())
        };
        assert_eq!(ask(None).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(
            ask(Some(wrong.clone())).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
        assert_eq!(ask(Some(right.clone())).await.status, StatusCode::OK, "{path}");
    }
}
