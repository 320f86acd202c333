//! The made-up marketplace, loaded as `cargo xtask up` does.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use marquee_core::app::Parts;
use marquee_core::config::Config;
use marquee_core::sample::{Added, load};
use marquee_tests::{TestApp, film};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::accounts::sign_in;
use crate::catalogue::publicly;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_marketplace_is_loaded_once_however_often_and_everybody_sees_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let folder = tempfile::tempdir().unwrap();
    small_films(folder.path());
    let marketplace = marquee_sample::write_marketplace(folder.path()).unwrap();
    let done = AtomicUsize::new(0);

    let first = load(&app.app, folder.path(), |now, of| {
        assert!(now <= of, "{now} of {of}");
        done.fetch_max(now, Ordering::Relaxed);
    });
    let first = first.await.unwrap();
    let expected = Added {
        categories: 0,
        people: 58,
        staff: 2,
        pictures: 52,
        talents: 40,
        videos: 40,
        agencies: 4,
        applications: 4,
    };
    assert_eq!(first.added, expected);
    assert_eq!(done.into_inner(), 58 + 40);
    app.run_jobs().await;

    let again = load(&app.app, folder.path(), |_, _| {}).await.unwrap();
    assert!(again.added.is_nothing(), "{:?}", again.added);
    assert_eq!(app.run_jobs().await, 0, "nothing was asked for");

    let talents = everything(&app, "/v1/talents?sort=name").await;
    let names: BTreeSet<&str> = talents
        .iter()
        .map(|talent| talent["name"].as_str().unwrap())
        .collect();
    let expected = marketplace
        .talents
        .iter()
        .map(|talent| talent.person.name.as_str());
    assert_eq!(names, expected.collect());
    for category in &marketplace.categories {
        let path = format!("/v1/talents?category={}", category.slug);
        assert!(everything(&app, &path).await.len() >= 3, "{path}");
    }
    let path = format!("/v1/talents/{}", talents[0]["id"].as_str().unwrap());
    let page = publicly(&app, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body["price"]["amount_minor"].as_i64().unwrap() >= 2_500,
        "{}",
        page.body
    );

    let (_, uploads) = app.get("/v1/uploads?status=accepted&limit=100").await;
    assert_eq!(uploads["items"].as_array().unwrap().len(), 40);
    let (_, agencies) = app.get("/v1/agencies").await;
    let members = agencies["items"].as_array().unwrap().iter();
    assert_eq!(
        members
            .map(|agency| agency["talents"].as_i64().unwrap())
            .collect::<Vec<_>>(),
        [6; 4]
    );
    let (_, waiting) = app.get("/v1/applications?status=open").await;
    assert_eq!(waiting["items"].as_array().unwrap().len(), 4);

    let roles: Vec<&str> = first.sign_in.iter().map(|somebody| somebody.role).collect();
    assert_eq!(roles, ["customer", "talent", "agency manager", "staff"]);
    for somebody in &first.sign_in {
        let (status, session) = sign_in(&app, &somebody.email, &somebody.password).await;
        assert_eq!(status, StatusCode::CREATED, "{session}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn sample_data_is_for_a_developers_machine_only(db: PgPool) {
    let production = |parts: &mut Parts| {
        parts.config = Config {
            env: "production".to_owned(),
            ..parts.config.clone()
        };
    };
    let app = TestApp::with(db, production).await;

    let refused = load(&app.app, Path::new("/nowhere"), |_, _| {})
        .await
        .unwrap_err();

    assert!(refused.to_string().contains("MARQUEE_ENV=local"), "{refused}");
    let (_, people) = app.get("/v1/people").await;
    assert_eq!(people["items"], json!([]));
}

/// What is there already is not made: these are made into something in a fraction of the time.
fn small_films(folder: &Path) {
    let small = film(
        "-f lavfi -i testsrc=size=64x96:rate=10:duration=4 -f lavfi -i sine=duration=4 -c:v libx264 -preset ultrafast \
         -c:a aac -shortest",
        "mp4",
    );
    std::fs::create_dir_all(folder.join("films")).unwrap();
    for number in 0..marquee_sample::FILMS {
        std::fs::write(folder.join(format!("films/{number}.mp4")), &small).unwrap();
    }
}

/// Every page of a public list.
async fn everything(app: &TestApp, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let answer = publicly(app, &format!("{path}{separator}limit=24{cursor}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        items.extend(answer.body["items"].as_array().unwrap().iter().cloned());
        match answer.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}
