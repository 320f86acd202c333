use axum::http::{Method, StatusCode};
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::accounts::{PASSWORD, person};
use crate::catalogue::{found, names, price, publicly, talent, talent_in};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_is_shown_with_and_without_categories(db: PgPool) {
    let app = TestApp::new(db).await;
    let id = talent(&app, "ana@acme.example", "Ana", json!({ "price": price(100) })).await;
    for categories in [
        json!([]),
        json!(["actors"]),
        json!(["actors", "musicians"]),
        json!([]),
    ] {
        let path = format!("/v1/catalogue/talents/{id}");
        app.patch(&path, json!({ "categories": categories })).await;
        let shown = publicly(&app, &format!("/v1/talents/{id}")).await.body;
        assert_eq!(shown["categories"], categories);
    }
    let busy = talent(&app, "bia@acme.example", "Bia", json!({ "price": price(100) })).await;
    let path = format!("/v1/catalogue/talents/{busy}");
    app.patch(&path, json!({ "available": true })).await;
    assert_eq!(found(&app, "available=true").await, ["Bia"]);
}

/// One talent broke the list for everybody, and it came in another order each time.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d33_the_list_is_the_same_each_time_and_nobody_breaks_it(db: PgPool) {
    let app = TestApp::new(db).await;
    for name in ["Ana", "Bia", "Cyd", "Dan", "Eva"] {
        talent(
            &app,
            &format!("{name}@acme.example"),
            name,
            json!({ "price": price(100) }),
        )
        .await;
    }
    let first = found(&app, "").await;
    let (_, profiles) = app.get("/v1/catalogue/talents?text=Cyd").await;
    let person = profiles["items"][0]["person_id"].as_str().unwrap();
    for _ in 0..5 {
        assert_eq!(found(&app, "").await, first);
    }

    app.post(&format!("/v1/people/{person}/erase"), json!({})).await;

    assert_eq!(found(&app, "").await, ["Eva", "Dan", "Bia", "Ana"]);
    assert_eq!(names(&app.get("/v1/catalogue/talents").await.1).len(), 4);
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d35_what_is_yes_or_no_is_so_everywhere_and_its_name_as_text_is_neither(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = talent_in(&app, "ana@acme.example", json!({})).await;
    for neither in [
        json!("true"),
        json!("false"),
        json!("yes"),
        json!(1),
        json!(0),
        json!(""),
    ] {
        let bodies = [
            ("/v1/me/talent", json!({ "available": neither })),
            ("/v1/me", json!({ "marketing": neither })),
        ];
        for (path, body) in bodies {
            let (status, problem) = app.call_as(&token, Method::PATCH, path, Some(body)).await;
            assert_eq!(
                (status.as_u16(), &problem["code"]),
                (422, &json!("body_invalid")),
                "{path}: {neither}"
            );
        }
    }
}

/// Every schema of the document, by its name, with the properties it has.
fn properties(document: &Value) -> Vec<(String, Value)> {
    let schemas = document["components"]["schemas"].as_object().unwrap().iter();
    let each = schemas.flat_map(|(schema, shape)| {
        let properties = shape["properties"].as_object().cloned().unwrap_or_default();
        let named = properties.into_iter();
        named.map(move |(name, property)| (format!("{schema}.{name}"), property))
    });
    each.collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d36_money_is_never_a_fraction_and_every_moment_is_of_one_kind(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, document) = app.get("/v1/openapi.json").await;
    let (mut amounts, mut moments) = (0, 0);
    for (name, property) in properties(&document) {
        let is = |kind: &str| property["type"] == kind || property["type"] == json!([kind, "null"]);
        if name.ends_with("_minor") || name.ends_with("_bp") {
            assert!(is("integer"), "{name}: {property}");
            amounts += 1;
        }
        if name.ends_with("_at") {
            assert!(
                is("string") && property["format"] == "date-time",
                "{name}: {property}"
            );
            moments += 1;
        }
    }
    assert!(
        amounts >= 3 && moments >= 20,
        "{amounts} amounts, {moments} moments"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d37_nothing_that_the_books_need_goes_with_somebody(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let (id, token) = talent_in(&app, "ana@acme.example", json!({ "price": price(100) })).await;
    let shares = format!("/v1/shares/talents/{id}");
    app.put(&shares, json!({ "share_bp": 8000 })).await;

    let body = json!({ "password": PASSWORD });
    let (status, _) = app
        .call_as(&token, Method::POST, "/v1/me/erase", Some(body))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);

    let (_, history) = app.get(&format!("/v1/shares?subject={id}")).await;
    assert_eq!(history["items"][0]["share_bp"], 8000);
    let prices: i64 = sqlx::query_scalar("select count(*) from catalogue.price where talent_id::text = $1")
        .bind(&id)
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(prices, 1);
    // What goes with what it hangs on: only what says nothing by itself.
    let cascading = sqlx::query_scalar::<_, String>(
        "select conrelid::regclass::text from pg_constraint
        where confdeltype = 'c' and connamespace in ('accounts'::regnamespace, 'catalogue'::regnamespace)
        order by 1",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let held = [
        "catalogue.price",
        "catalogue.share",
        "catalogue.talent",
        "catalogue.agency",
        "accounts.person",
    ];
    for table in held {
        assert!(
            !cascading.iter().any(|one| one == table),
            "{table}: {cascading:?}"
        );
    }
    app.run_jobs().await;
}

/// The original's agency search, profit search and talents with a bank account answered with errors.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d39_every_list_of_staffs_can_be_read(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, _) = talent_in(&app, "ana@acme.example", json!({ "price": price(100) })).await;
    person(&app, "bob@acme.example").await;
    let (_, agency) = app.post("/v1/agencies", json!({ "name": "Lima" })).await;
    let agency = agency["id"].as_str().unwrap();
    for path in [
        "/v1/people?text=bob".to_owned(),
        "/v1/catalogue/talents?text=ana".to_owned(),
        format!("/v1/catalogue/talents/{id}"),
        "/v1/agencies".to_owned(),
        format!("/v1/agencies/{agency}/talents"),
        format!("/v1/shares?subject={agency}"),
        "/v1/shares".to_owned(),
        "/v1/applications?text=ana".to_owned(),
        "/v1/uploads".to_owned(),
        "/v1/mails?limit=1".to_owned(),
        "/v1/audit?limit=1".to_owned(),
    ] {
        let (status, answer) = app.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    }
}

/// A permission that nothing asks for is none.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d40_every_permission_is_asked_for_somewhere(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, document) = app.get("/v1/openapi.json").await;
    let paths = document["paths"].to_string();
    for permission in Permission::ALL {
        assert!(
            paths.contains(&format!("[\"{permission}\"]")),
            "nothing asks for {permission}"
        );
    }
}
