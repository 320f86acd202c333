//! How the public finds talents.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{found, names, price, publicly, talent};

async fn four(app: &TestApp) {
    for (name, terms) in [
        (
            "João Conceição",
            json!({ "price": price(5000), "available": true, "categories": ["musicians"], "delivery_days": 2 }),
        ),
        (
            "Ana Lima",
            json!({ "price": price(15_000), "available": true, "categories": ["actors", "musicians"],
                "description": "Canto parabéns para você" }),
        ),
        (
            "anabela",
            json!({ "price": price(5000), "available": false, "categories": ["actors"], "delivery_days": 14 }),
        ),
        ("Zé do Pão", json!({ "price": price(90_000), "available": true })),
    ] {
        let email = format!("{}@acme.example", name.len());
        talent(app, &email, name, terms).await;
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn talents_are_found_by_what_people_type(db: PgPool) {
    let app = TestApp::new(db).await;
    four(&app).await;

    for (query, expected) in [
        ("q=joao", &["João Conceição"][..]),
        ("q=CONCEICAO", &["João Conceição"]),
        ("q=Concei%C3%A7%C3%A3o", &["João Conceição"]),
        ("q=conceisao", &["João Conceição"]),
        ("q=ana", &["Ana Lima", "anabela"]),
        ("q=anab", &["anabela"]),
        ("q=parabens", &["Ana Lima"]),
        ("q=ana+lima", &["Ana Lima"]),
        ("q=ze", &["Zé do Pão"]),
        ("q=nobody", &[]),
        ("q=%25", &[]),
        ("q='+or+1%3D1+--", &[]),
    ] {
        let mut names = found(&app, query).await;
        names.sort();
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(names, expected, "{query}");
    }
    assert_eq!(
        found(&app, "q=ana").await[0],
        "Ana Lima",
        "what fits best comes first"
    );
    assert_eq!(found(&app, "q=++").await.len(), 4, "blanks ask for nothing");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn filters_narrow_what_is_found(db: PgPool) {
    let app = TestApp::new(db).await;
    four(&app).await;

    for (query, expected) in [
        ("category=musicians", &["Ana Lima", "João Conceição"][..]),
        ("category=chefs", &[]),
        ("min_price=5001", &["Zé do Pão", "Ana Lima"]),
        ("max_price=15000", &["anabela", "Ana Lima", "João Conceição"]),
        ("min_price=15000&max_price=15000", &["Ana Lima"]),
        ("available=false", &["anabela"]),
        ("max_delivery_days=2", &["João Conceição"]),
        ("currency=USD", &[]),
        ("category=actors&available=true", &["Ana Lima"]),
        ("q=ana&available=false", &["anabela"]),
    ] {
        assert_eq!(found(&app, query).await, expected, "{query}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn each_sort_is_stable_and_read_page_by_page(db: PgPool) {
    let app = TestApp::new(db).await;
    four(&app).await;

    for (query, expected) in [
        (
            "sort=newest",
            ["Zé do Pão", "anabela", "Ana Lima", "João Conceição"],
        ),
        (
            "sort=price",
            ["João Conceição", "anabela", "Ana Lima", "Zé do Pão"],
        ),
        (
            "sort=-price",
            ["Zé do Pão", "Ana Lima", "anabela", "João Conceição"],
        ),
        (
            "sort=name",
            ["Ana Lima", "anabela", "João Conceição", "Zé do Pão"],
        ),
        (
            "sort=relevance",
            ["Zé do Pão", "anabela", "Ana Lima", "João Conceição"],
        ),
    ] {
        assert_eq!(found(&app, query).await, expected, "{query}");
        let mut pages = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = publicly(&app, &format!("/v1/talents?{query}&limit=1{cursor}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            pages.extend(names(&answer.body));
            match answer.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(pages, expected, "{query}, page by page");
    }
    let first = publicly(&app, "/v1/talents?q=ana&limit=1").await.body;
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(
        found(&app, &format!("q=ana&limit=1&cursor={next}")).await,
        ["anabela"]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_comes_or_goes_while_one_turns_pages_moves_nobody_else(db: PgPool) {
    let app = TestApp::new(db).await;
    four(&app).await;
    let first = publicly(&app, "/v1/talents?sort=price&limit=2").await.body;
    assert_eq!(names(&first), ["João Conceição", "anabela"]);

    talent(&app, "new@acme.example", "Cheap", json!({ "price": price(1) })).await;

    let next = first["next_cursor"].as_str().unwrap();
    let second = found(&app, &format!("sort=price&limit=2&cursor={next}")).await;
    assert_eq!(second, ["Ana Lima", "Zé do Pão"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_cannot_be_asked_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    four(&app).await;
    let by_price = publicly(&app, "/v1/talents?sort=price&limit=1").await.body;
    let cursor = by_price["next_cursor"].as_str().unwrap();

    for (query, code) in [
        ("cursor=nonsense".to_owned(), "cursor_invalid"),
        (format!("sort=newest&cursor={cursor}"), "cursor_invalid"),
        ("sort=random".to_owned(), "query_invalid"),
        ("min_price=cheap".to_owned(), "query_invalid"),
        ("email=ana@acme.example".to_owned(), "query_invalid"),
        ("currency=reais".to_owned(), "query_invalid"),
        (format!("q={}", "x".repeat(101)), "filter_invalid"),
        ("min_price=-1".to_owned(), "filter_invalid"),
        ("max_price=-1".to_owned(), "filter_invalid"),
        ("max_delivery_days=0".to_owned(), "filter_invalid"),
    ] {
        let answer = publicly(&app, &format!("/v1/talents?{query}")).await;
        assert!(answer.status.is_client_error(), "{query}: {}", answer.body);
        assert_eq!(answer.body["code"], code, "{query}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_list_that_has_not_changed_is_not_sent_again(db: PgPool) {
    let app = TestApp::new(db).await;
    four(&app).await;
    let etag = publicly(&app, "/v1/talents?q=ana").await.headers[header::ETAG].clone();

    let request = app.anonymous(Method::GET, "/v1/talents?q=ana");
    let request = request.header(header::IF_NONE_MATCH, etag).body(Body::empty());
    let again = app.send(request.unwrap()).await;

    assert_eq!(
        (again.status, again.body),
        (StatusCode::NOT_MODIFIED, Value::Null)
    );
}
