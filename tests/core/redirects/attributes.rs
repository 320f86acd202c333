use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{create, import_csv};

async fn feed(app: &TestApp, csv: &str) -> Answer {
    let request = app
        .request(Method::PUT, "/v1/brands/acme/draft/attributes")
        .header(header::CONTENT_TYPE, "text/csv")
        .header(header::IF_MATCH, "*");
    app.send(request.body(Body::from(csv.to_owned())).unwrap()).await
}

async fn draft(app: &TestApp) -> String {
    let get = app.request(Method::GET, "/v1/brands/acme/draft/rules?format=csv");
    let text = app.send(get.body(Body::empty()).unwrap()).await.text;
    let lines = text.lines().skip(1).map(str::trim);
    lines.collect::<Vec<_>>().join("\n")
}

fn counts(answer: &Answer) -> [&Value; 4] {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    ["added", "changed", "removed", "unchanged"].map(|name| &answer.body[name])
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_feed_replaces_attributes_and_keeps_numbers_and_routes(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", "kind,rule,url\r\nroute,1,fallback\r\n").await;

    let first = feed(
        &app,
        "product,state,phone,media_code\r\nauto,NY,555-1,A1\r\nauto,MA,555-2,\r\n,,555-3,A3\r\n",
    )
    .await;
    assert_eq!(counts(&first), [&json!(3), &json!(0), &json!(0), &json!(1)]);
    // In another order, one value changed, one gone and one new.
    let second = feed(
        &app,
        "product,state,phone,media_code\r\n,,555-3,A3\r\nauto,NY,555-9,A1\r\nhome,MA,555-2,\r\n",
    )
    .await;
    assert_eq!(counts(&second), [&json!(1), &json!(1), &json!(1), &json!(2)]);
    insta::assert_snapshot!(draft(&app).await, @r"
    attribute,2,true,0,auto,,,,NY,,,,,,,,,media_code=A1|phone=555-9,
    attribute,4,true,0,,,,,,,,,,,,,,media_code=A3|phone=555-3,
    attribute,5,true,0,home,,,,MA,,,,,,,,,phone=555-2,
    route,1,true,0,,,,,,,,,,,,fallback,,,
    ");
    let third = feed(&app, "vars,state,product\r\nphone=555-3|media_code=A3,,\r\nmedia_code=A1|phone=555-9,NY,auto\r\nphone=555-2,MA,home\r\n").await;
    assert_eq!(counts(&third), [&json!(0), &json!(0), &json!(0), &json!(4)]);
    assert_eq!(third.body["version"], second.body["version"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_feed_takes_attributes_only(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", "kind,rule,url\r\nroute,1,fallback\r\n").await;
    for (csv, line, code) in [
        ("kind,url\r\nroute,fallback\r\n", 2, "kind"),
        (
            "kind,rule,vars\r\nattribute,1,phone=1\r\n",
            2,
            "number_of_a_route",
        ),
        ("states,phone\r\nNY,1\r\n", 1, "column_unknown"),
        ("state,phone\r\nNY,\r\n", 2, "vars"),
    ] {
        let refused = feed(&app, csv).await;
        assert_eq!(refused.body["code"], "import_refused", "{refused:?}");
        let problem = &refused.body["report"]["problems"]["items"][0];
        assert_eq!(
            (&problem["line"], &problem["code"]),
            (&json!(line), &json!(code)),
            "{problem}"
        );
    }
}
