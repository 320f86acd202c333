//! Videos of orders, as those see them who have ordered none of them.

use axum::http::{Method, StatusCode};
use marquee_tests::Player;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{Market, Ordered};
use crate::catalogue::publicly;
use crate::videos::good;

impl Market {
    /// An order whose video is there.
    async fn delivered_to(&self, is_public: bool) -> Ordered {
        let quote = self.quote().await;
        let mut body = self.body(&quote, "sandbox_approve");
        body["is_public"] = is_public.into();
        let answer = self.order(&quote, None, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let order = Ordered {
            id: answer.body["id"].as_str().unwrap().to_owned(),
            key: answer.headers["x-order-key"].to_str().unwrap().to_owned(),
        };
        self.settle().await;
        self.sent(&order, good()).await;
        self.settle().await;
        assert_eq!(self.status(&order).await, "delivered");
        order
    }

    async fn video(&self, order: &Ordered) -> Value {
        self.seen(order).await["video"].clone()
    }

    /// What an address of ours answers to anybody.
    async fn anybody(&self, address: &str) -> (StatusCode, Value) {
        let answer = publicly(&self.app, here(address)).await;
        (answer.status, answer.body)
    }

    async fn views(&self, page: &str) -> Value {
        self.anybody(page).await.1["views"].clone()
    }

    async fn watch(&self, page: &str) -> StatusCode {
        let request = self.app.anonymous(Method::POST, &format!("{page}/views"));
        self.app
            .send(request.body(axum::body::Body::empty()).unwrap())
            .await
            .status
    }
}

/// Without the host.
fn here(address: &str) -> &str {
    &address[address.find("/v1/").unwrap()..]
}

/// What our own page of a video asks us for: the address that is shared is the page's.
fn asked(video: &Value) -> String {
    let shared = video["share_url"].as_str().unwrap();
    let (_, path) = shared.split_once("/videos/").unwrap();
    format!("/v1/videos/{path}")
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_private_video_is_there_for_whoever_has_its_link_and_for_a_month(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.delivered_to(false).await;
    let video = market.video(&order).await;
    let shared = asked(&video);
    let (bare, _) = shared.split_once('?').unwrap();
    let (status, page) = market.anybody(&shared).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert_eq!(page["talent_name"], "Ana Lima");
    assert_eq!(page["is_public"], false);

    for wrong in [
        bare.to_owned(),
        shared.replace("signature=", "signature=A"),
        shared.replace("expires=1", "expires=2"),
        format!("{bare}?expires=9999999999"),
    ] {
        let (status, problem) = market.anybody(&wrong).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::FORBIDDEN, &json!("link_invalid")),
            "{wrong}"
        );
    }
    let other = shared.replace(
        video["id"].as_str().unwrap(),
        "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11",
    );
    assert_eq!(market.anybody(&other).await.1["code"], "video_unknown");
    let stream = page["media"]["stream_url"].as_str().unwrap();
    assert_eq!(publicly(&market.app, here(stream)).await.status, StatusCode::OK);
    let (stream, _) = stream.split_once('?').unwrap();
    assert_eq!(market.anybody(stream).await.1["code"], "link_invalid");

    market.app.advance(Duration::days(29));
    assert_eq!(market.anybody(&shared).await.0, StatusCode::OK);
    market.app.advance(Duration::days(3));
    assert_eq!(market.anybody(&shared).await.1["code"], "link_expired");
    assert_ne!(
        asked(&market.video(&order).await),
        shared,
        "its customer has another"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_20_nothing_but_the_video_of_a_public_order_is_public(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.delivered_to(true).await;
    let (status, page) = market.anybody(&asked(&market.video(&order).await)).await;
    assert_eq!(status, StatusCode::OK, "{page}");

    let mut names: Vec<_> = page.as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "download_url",
            "id",
            "is_public",
            "language",
            "media",
            "occasion",
            "released_at",
            "talent_id",
            "talent_name",
            "views"
        ]
    );
    let text = page.to_string();
    for secret in [
        "Sing for her",
        "caio",
        "Caio",
        "Bia",
        "15000",
        &order.id,
        &order.key,
    ] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_video_is_saved_under_a_name_of_its_talents_and_can_be_fetched_in_parts(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.delivered_to(false).await;
    let video = market.video(&order).await;
    let saved = publicly(&market.app, here(video["download_url"].as_str().unwrap())).await;
    assert_eq!(saved.status, StatusCode::OK);
    let disposition = saved.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; "), "{disposition}");
    assert!(
        disposition.ends_with("filename*=UTF-8''Marquee%20%2D%20Ana%20Lima%2Emp4"),
        "{disposition}"
    );
    assert_eq!(saved.headers["content-type"], "video/mp4");

    let request = market
        .app
        .anonymous(Method::GET, here(video["url"].as_str().unwrap()))
        .header("range", "bytes=4-7");
    let part = market
        .app
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    assert_eq!(
        (part.status, part.text.as_str()),
        (StatusCode::PARTIAL_CONTENT, "ftyp")
    );
    assert!(
        part.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("inline")
    );
    assert!(
        part.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_shows_the_public_ones_the_newest_first_and_page_by_page(db: PgPool) {
    let market = Market::new(db).await;
    let path = format!("/v1/talents/{}/videos", market.talent);
    assert_eq!(market.anybody(&path).await.1["items"], json!([]));
    let mut ids = Vec::new();
    for is_public in [true, false, true] {
        let order = market.delivered_to(is_public).await;
        ids.push(market.video(&order).await["id"].clone());
        market.app.advance(Duration::minutes(1));
    }

    let (_, first) = market.anybody(&format!("{path}?limit=1")).await;
    assert_eq!(first["items"][0]["id"], ids[2]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = market.anybody(&format!("{path}?limit=1&cursor={cursor}")).await;
    assert_eq!(second["items"][0]["id"], ids[0]);
    assert_eq!(second["next_cursor"], Value::Null);

    let unknown = "/v1/talents/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11/videos";
    assert_eq!(market.anybody(unknown).await.1["code"], "talent_unknown");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_looks_again_within_an_hour_is_counted_once(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.delivered_to(true).await;
    let page = asked(&market.video(&order).await);

    for _ in 0..3 {
        assert_eq!(market.watch(&page).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(market.views(&page).await, 1);
    market.app.advance(Duration::minutes(61));
    market.watch(&page).await;
    assert_eq!(market.views(&page).await, 2);

    let private = market.delivered_to(false).await;
    let (bare, _) = asked(&market.video(&private).await)
        .split_once('?')
        .map(|(bare, pass)| (bare.to_owned(), pass.to_owned()))
        .unwrap();
    assert_eq!(market.watch(&bare).await, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_staff_takes_down_nobody_sees_from_that_moment_until_it_is_put_back(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.delivered_to(true).await;
    let video = market.video(&order).await;
    let (page, file) = (asked(&video), video["url"].as_str().unwrap().to_owned());
    let stream = video["stream_url"].as_str().unwrap().to_owned();
    let staff = format!("/v1/videos/{}", video["id"].as_str().unwrap());
    let (status, problem) = market
        .app
        .post(&format!("{staff}/take-down"), json!({ "reason": " " }))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("body_invalid"))
    );
    assert_eq!(publicly(&market.app, here(&file)).await.status, StatusCode::OK);

    let reason = json!({ "reason": "It shows somebody who did not agree." });
    for _ in 0..2 {
        let (status, _) = market
            .app
            .post(&format!("{staff}/take-down"), reason.clone())
            .await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }

    for gone in [&page, &stream] {
        let (status, problem) = market.anybody(gone).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::GONE, &json!("video_taken_down"))
        );
    }
    assert_eq!(market.anybody(&file).await.1["code"], "file_unknown");
    assert_eq!(market.video(&order).await, Value::Null);
    let of_talent = format!("/v1/talents/{}/videos", market.talent);
    assert_eq!(market.anybody(&of_talent).await.1["items"], json!([]));
    let (_, listed) = market.app.get("/v1/videos?taken_down=true").await;
    assert_eq!(listed["items"][0]["taken_down_reason"], reason["reason"]);

    let (status, _) = market.app.post(&format!("{staff}/put-back"), json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(market.anybody(&page).await.0, StatusCode::OK);
    assert_eq!(publicly(&market.app, here(&file)).await.status, StatusCode::OK);
    let (_, log) = market.app.get("/v1/audit?limit=2").await;
    let done: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["action"])
        .collect();
    assert_eq!(done, ["videos.put_back", "videos.take_down"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whoever_gets_all_their_money_back_keeps_the_video_only_if_staff_says_so(db: PgPool) {
    let market = Market::new(db).await;
    for keeps_video in [false, true] {
        let order = market.delivered_to(true).await;
        let page = asked(&market.video(&order).await);
        let body = json!({ "reason": "The name was wrong.", "keeps_video": keeps_video });
        let request = market
            .app
            .request(Method::POST, &format!("/v1/orders/{}/refunds", order.id))
            .header("content-type", "application/json")
            .header("idempotency-key", &order.id);
        let answer = market
            .app
            .send(request.body(body.to_string().into()).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        market.settle().await;

        assert_eq!(market.status(&order).await, "refunded");
        assert_eq!(market.video(&order).await.is_object(), keeps_video);
        let seen = if keeps_video {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        assert_eq!(market.anybody(&page).await.0, seen);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_video_is_streamed_to_a_real_browser_and_played_to_its_end(db: PgPool) {
    let player = Player::start().await;
    let app = marquee_tests::TestApp::served(db, &player.origin()).await;
    let market = Market::of(app).await;
    let order = market.delivered_to(false).await;
    let stream = market.video(&order).await["stream_url"]
        .as_str()
        .unwrap()
        .to_owned();

    let seen = player.play(&stream).await;

    assert_eq!((seen.error.as_deref(), &seen.errors), (None, &vec![]), "{seen:?}");
    assert_eq!(seen.levels, [(320, 240)]);
    assert_eq!((seen.width, seen.height), (320, 240));
    assert!((4.8..5.2).contains(&seen.duration), "{seen:?}");
    assert!((120..=126).contains(&seen.frames), "{seen:?}");
}
