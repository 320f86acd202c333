//! What the original service's own tests held of a video that is sent, where it is not held anywhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::http::{Method, StatusCode, header};
use marquee_core::adapters::ffmpeg::Ffmpeg;
use marquee_core::ledger::Account;
use marquee_core::ledger::queries::balance;
use marquee_core::money::Currency;
use marquee_core::videos::{Outcome, Progress, Transcoder, Work};
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::catalogue::{price, publicly};
use crate::orders::Market;
use crate::videos::good;

/// A thousand, in minor units.
const THOUSAND: i64 = 100_000;

async fn owed(market: &Market, account: Account) -> i64 {
    let mut conn = market.app.app.db.acquire().await.unwrap();
    -balance(&mut conn, account, Currency::BRL).await.unwrap()
}

async fn delivered(market: &Market) {
    let order = market.settled("sandbox_approve").await;
    market.sent(&order, good()).await;
    market.settle().await;
    assert_eq!(market.status(&order).await, "delivered");
}

async fn set_share(market: &Market, whose: &str, share_bp: i64) {
    let path = format!("/v1/shares/{whose}");
    let (status, answer) = market.app.put(&path, json!({ "share_bp": share_bp })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_a_thousand_a_talent_has_750_or_what_was_agreed_and_an_agency_its_part_if_there_is_one(
    db: PgPool,
) {
    let market = Market::new(db).await;
    market.terms(json!({ "price": price(THOUSAND) })).await;
    let (_, agency) = market.app.post("/v1/agencies", json!({ "name": "Lima" })).await;
    let agency: Uuid = agency["id"].as_str().unwrap().parse().unwrap();
    let talent = Account::Talent(market.talent.parse().unwrap());
    set_share(&market, &format!("agencies/{agency}"), 500).await;

    delivered(&market).await;
    assert_eq!(owed(&market, talent).await, 75_000);
    set_share(&market, &format!("talents/{}", market.talent), 8_000).await;
    delivered(&market).await;
    assert_eq!(owed(&market, talent).await, 75_000 + 80_000);
    assert_eq!(
        owed(&market, Account::Agency(agency)).await,
        0,
        "they are not of it"
    );

    let path = format!("/v1/agencies/{agency}/talents/{}", market.talent);
    let (status, _) = market.app.call(Method::PUT, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    delivered(&market).await;
    assert_eq!(owed(&market, talent).await, 75_000 + 2 * 80_000);
    assert_eq!(owed(&market, Account::Agency(agency)).await, 5_000);
    market.assert_books().await;
}

/// The real one, which counts.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl Transcoder for Counting {
    async fn transcode(
        &self,
        work: Work<'_>,
        tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> anyhow::Result<Outcome> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ffmpeg::default().transcode(work, tell).await
    }

    async fn check(&self) -> anyhow::Result<String> {
        Ok("it counts".to_owned())
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_video_is_made_once_and_is_an_mp4_whose_name_is_ours(db: PgPool) {
    let counting = Arc::<Counting>::default();
    let app = TestApp::with(db, |parts| parts.transcoder = counting.clone()).await;
    let market = Market::of(app).await;
    let order = market.settled("sandbox_approve").await;
    market.sent(&order, good()).await;
    market.settle().await;

    assert_eq!(counting.0.load(Ordering::Relaxed), 1);
    let link = market.seen(&order).await["video"]["url"].clone();
    let link = link.as_str().unwrap();
    let path = &link[link.find("/v1/").unwrap()..];
    let video = publicly(&market.app, path).await;
    assert_eq!(video.headers[header::CONTENT_TYPE], "video/mp4");
    let (name, _) = path.split_once('?').unwrap();
    let id = name
        .strip_prefix("/v1/files/videos/")
        .and_then(|name| name.strip_suffix(".mp4"));
    assert!(id.is_some_and(|id| id.parse::<Uuid>().is_ok()), "{name}");
}
