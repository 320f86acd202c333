use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{price, publicly, talent};

fn slugs(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|one| one["slug"].as_str().unwrap()).collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn everybody_sees_the_eleven_categories_in_order_and_in_both_languages(db: PgPool) {
    let app = TestApp::new(db).await;

    let answer = publicly(&app, "/v1/categories").await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        slugs(&answer.body),
        [
            "youtubers",
            "influencers",
            "actors",
            "comedians",
            "voice_actors",
            "athletes",
            "musicians",
            "presenters",
            "politicians",
            "charity",
            "pro_players"
        ]
    );
    let musicians = json!({ "slug": "musicians", "names": { "pt-BR": "Músicos", "en": "Musicians" } });
    assert_eq!(answer.body["items"][6], musicians);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=300");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_has_the_present_list_is_not_sent_it_again(db: PgPool) {
    let app = TestApp::new(db).await;
    let etag = publicly(&app, "/v1/categories").await.headers[header::ETAG].clone();
    let again = async |known: &str| {
        let request = app.anonymous(Method::GET, "/v1/categories");
        let request = request.header(header::IF_NONE_MATCH, known).body(Body::empty());
        app.send(request.unwrap()).await
    };
    let tag = etag.to_str().unwrap();

    for known in [tag, &format!("W/{tag}"), &format!("\"other\", {tag}"), "*"] {
        let answer = again(known).await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(answer.text, "");
        assert_eq!(answer.headers[header::ETAG], etag);
    }
    assert_eq!(again("\"other\"").await.status, StatusCode::OK);
    app.delete("/v1/categories/charity").await;
    let changed = again(tag).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.headers[header::ETAG], etag);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_make_name_order_and_remove_categories(db: PgPool) {
    let app = TestApp::new(db).await;

    let body = json!({ "slug": "chefs", "names": { "pt-BR": "Cozinheiros", "en": "Chefs" } });
    let (status, made) = app.post("/v1/categories", body.clone()).await;
    assert_eq!((status, &made), (StatusCode::CREATED, &body));
    let (status, problem) = app.post("/v1/categories", body).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("category_exists"))
    );
    let (status, named) = app
        .patch("/v1/categories/chefs", json!({ "names": { "pt-BR": "Chefs" } }))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(named["names"], json!({ "pt-BR": "Chefs", "en": "Chefs" }));

    let mut order: Vec<String> = slugs(&app.get("/v1/categories").await.1)
        .into_iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(order.last().unwrap(), "chefs", "it comes after all others");
    order.reverse();
    let (status, list) = app.put("/v1/categories", json!({ "order": order })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(slugs(&list), order);

    assert_eq!(app.delete("/v1/categories/chefs").await.0, StatusCode::NO_CONTENT);
    assert_eq!(
        app.delete("/v1/categories/chefs").await.1["code"],
        "category_unknown"
    );
    let (_, log) = app.get("/v1/audit?subject=category/chefs").await;
    let actions: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["action"])
        .collect();
    assert_eq!(
        actions,
        [
            "catalogue.remove_category",
            "catalogue.change_category",
            "catalogue.create_category"
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_order_names_every_category_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, list) = app.get("/v1/categories").await;
    let all = slugs(&list);
    let without = &all[1..];
    let twice = [all.clone(), vec!["actors"]].concat();
    let unknown = [all.clone(), vec!["chefs"]].concat();

    for order in [without.to_vec(), twice, unknown, vec![]] {
        let (status, problem) = app.put("/v1/categories", json!({ "order": order })).await;
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (422, &json!("order_invalid"))
        );
    }
    assert_eq!(app.get("/v1/categories").await.1, list);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_category_that_talents_have_stays(db: PgPool) {
    let app = TestApp::new(db).await;
    let terms = json!({ "price": price(5000), "categories": ["actors"] });
    let id = talent(&app, "ana@acme.example", "Ana", terms).await;

    let (status, problem) = app.delete("/v1/categories/actors").await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("category_in_use"))
    );

    app.patch(
        &format!("/v1/catalogue/talents/{id}"),
        json!({ "categories": [] }),
    )
    .await;
    assert_eq!(
        app.delete("/v1/categories/actors").await.0,
        StatusCode::NO_CONTENT
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_wrong_with_a_category_is_told_field_by_field(db: PgPool) {
    let app = TestApp::new(db).await;

    let body = json!({ "slug": "Chefs!", "names": { "pt-BR": " ", "en": "x".repeat(101) } });
    let (status, problem) = app.post("/v1/categories", body).await;

    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("body_invalid")));
    let errors = problem["errors"].as_array().unwrap();
    let pointers: Vec<_> = errors.iter().map(|one| &one["pointer"]).collect();
    assert_eq!(pointers, ["/slug", "/names/pt-BR", "/names/en"]);
}
