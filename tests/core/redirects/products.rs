use axum::http::{Method, StatusCode};
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::{create, edit, import_csv};

const PRODUCTS: &str = "/v1/brands/acme/draft/products";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_product_is_made_changed_listed_and_removed(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let boat = format!("{PRODUCTS}/boat");

    let made = edit(&app, Method::PUT, &boat, "\"1\"", json!({ "name": "Boats" })).await;
    assert_eq!(
        (made.status, &made.headers["etag"]),
        (StatusCode::CREATED, &"\"2\"".parse().unwrap())
    );
    let body = json!({ "name": "Boats", "fallback_url": "https://quotes.acme.example/boat" });
    let changed = edit(&app, Method::PUT, &boat, "\"2\"", body.clone()).await;
    assert_eq!(
        (changed.status, &changed.body["fallback_url"]),
        (StatusCode::OK, &body["fallback_url"])
    );
    let stale = edit(&app, Method::PUT, &boat, "\"2\"", json!({})).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);

    let (_, first) = app.get(&format!("{PRODUCTS}?limit=2")).await;
    assert_eq!(
        (&first["items"][1]["code"], &first["next_cursor"]),
        (&json!("boat"), &json!("boat"))
    );
    let (_, rest) = app.get(&format!("{PRODUCTS}?limit=2&cursor=boat")).await;
    assert_eq!(
        (&rest["items"][0]["code"], &rest["next_cursor"]),
        (&json!("home"), &json!(null))
    );

    let removed = edit(&app, Method::DELETE, &boat, "\"3\"", json!(null)).await;
    assert_eq!(
        (removed.status, &removed.headers["etag"]),
        (StatusCode::NO_CONTENT, &"\"4\"".parse().unwrap())
    );
    let again = edit(&app, Method::DELETE, &boat, "*", json!(null)).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (StatusCode::NOT_FOUND, &json!("product_unknown"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_product_that_makes_no_sense_is_refused_at_its_place(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    for (code, body, pointer) in [
        ("Boat", json!({}), "/code"),
        ("healthz", json!({}), "/code"),
        (
            "auto",
            json!({ "fallback_url": "https://elsewhere.example/" }),
            "/fallback_url",
        ),
        ("boat", json!({ "name": "\0" }), "/name"),
    ] {
        let refused = edit(&app, Method::PUT, &format!("{PRODUCTS}/{code}"), "*", body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(pointer)),
            "{refused:?}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_product_that_rules_name_cannot_be_removed(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let csv = "kind,rule,product,url\r\n\
        route,3,auto,fallback\r\nroute,5,auto|home,fallback\r\nroute,6,,fallback\r\n";
    import_csv(&app, "acme", csv).await;

    let refused = edit(
        &app,
        Method::DELETE,
        &format!("{PRODUCTS}/auto"),
        "*",
        json!(null),
    )
    .await;
    assert_eq!(
        (refused.status, &refused.body["code"], &refused.body["rules"]),
        (StatusCode::CONFLICT, &json!("product_in_use"), &json!([3, 5])),
        "{refused:?}"
    );
}
