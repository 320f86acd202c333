//! What can be asked, by those who may.

mod counts;
mod lists;
mod refusals;
mod sheets;
mod splits;
mod unused;

use axum::http::StatusCode;
use marquee_shared::hit::{Hit, Outcome};
use marquee_tests::hits::{hit, pack};
use marquee_tests::{ManualClock, TestApp};
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;

use super::accept;

const NOW: time::OffsetDateTime = ManualClock::START;

/// Hit `n`, made that many seconds ago, with something else about it.
fn like(n: u64, change: impl FnOnce(&mut Hit)) -> Hit {
    let mut hit = hit(NOW - Duration::seconds(n as i64), n);
    change(&mut hit);
    hit
}

fn lost(n: u64, brand: &str, zip: &str) -> Hit {
    like(n, |hit| {
        hit.brand = brand.into();
        hit.zip = Some(zip.into());
        hit.outcome = Outcome::Lost;
        (hit.rule, hit.variant, hit.url_sha256) = (None, None, None);
    })
}

async fn with(db: PgPool, hits: &[Hit]) -> TestApp {
    let test = TestApp::new(db).await;
    for some in hits.chunks(100) {
        accept(&test, &[pack(some)]).await;
    }
    test
}

async fn ok(test: &TestApp, path: &str) -> Value {
    let (status, body) = test.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// Every item of a list, page by page.
async fn pages(test: &TestApp, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (vec![], String::new());
    loop {
        let page = ok(test, &format!("{path}{cursor}")).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else {
            return items;
        };
        cursor = format!("&cursor={next}");
    }
}
