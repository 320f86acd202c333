//! How many hits a second the ingester stores: the real loop, a queue in memory, the Postgres of `DATABASE_URL`
//! (a database of its own, please: it is migrated and filled).
//!
//! ```text
//! DATABASE_URL=… cargo run --release -p marquee-tests --example ingest_rate -- --messages 5000
//! ```

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

use std::time::{Duration, Instant};

use clap::Parser;
use marquee_core::hits::{self, Pace};
use marquee_shared::hit::{Hit, MAX_PACKED, Outcome};
use marquee_shared::zip::State;
use marquee_tests::hits::{hit, hit_id, pack};
use marquee_tests::{ManualClock, TestApp};
use sqlx::PgPool;

#[derive(Parser)]
struct Flags {
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// Messages of a hundred hits each
    #[arg(long, default_value_t = 2_000)]
    messages: usize,
    /// Messages in one transaction
    #[arg(long, default_value_t = Pace::default().batch)]
    batch: usize,
    #[arg(long, default_value_t = Pace::default().receivers)]
    receivers: usize,
    #[arg(long, default_value_t = 10)]
    brands: u64,
    /// Runs with different seeds store different hits
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() {
    let Flags {
        database_url,
        messages,
        batch,
        receivers,
        brands,
        seed,
    } = Flags::parse();
    let test = TestApp::new(PgPool::connect(&database_url).await.unwrap()).await;
    test.leave_jobs();
    hits::jobs::open_partitions(&test.app).await.unwrap();
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for message in 0..messages {
        let hits: Vec<Hit> = (0..MAX_PACKED)
            .map(|_| visitor(&mut random, brands, message))
            .collect();
        test.hit_queue.send(pack(&hits));
    }

    let started = Instant::now();
    let pace = Pace {
        batch,
        receivers,
        poll: Duration::from_millis(50),
        ..Pace::default()
    };
    let stopping = test.app.stopping.clone();
    let watch = async {
        while test.hit_queue.counts() != (0, 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stopping.cancel();
        started.elapsed()
    };
    let ((), took) = tokio::join!(hits::ingest(&test.app, pace), watch);
    let count = messages * MAX_PACKED;
    let rate = count as f64 / took.as_secs_f64();
    println!(
        "{count} hits in {took:.2?}: {rate:.0} hits/s ({batch} messages a transaction, {receivers} receivers)"
    );
}

/// Somebody of 40,000 ZIPs, anywhere within 40 seconds.
fn visitor(random: &mut u64, brands: u64, message: usize) -> Hit {
    let mut next = |n: u64| {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        (*random >> 16) % n
    };
    let at =
        ManualClock::START - time::Duration::seconds(60) + time::Duration::milliseconds(message as i64 * 2);
    let (zip, product, salt) = (next(40_000), next(4), next(u64::MAX >> 16));
    let base = hit(at, salt);
    Hit {
        id: hit_id(base.at_ms, salt),
        brand: format!("brand-{}", next(brands)),
        product: format!("product-{product}"),
        device: ["mobile", "tablet", "desktop"]
            .get(next(3) as usize)
            .unwrap()
            .to_string(),
        media: Some(format!("media-{}", next(3))),
        language: ["en", "es"].get(next(2) as usize).unwrap().to_string(),
        zip: Some(format!("{:05}", 10_000 + zip)),
        state: State::all()
            .nth(usize::try_from(zip / 800).unwrap())
            .map(|state| state.code().to_owned()),
        outcome: if next(64) == 0 {
            Outcome::Lost
        } else {
            Outcome::Redirect
        },
        rule: Some(u32::try_from(zip / 800 * 4 + product).unwrap()),
        variant: Some(["a", "b"].get(next(2) as usize).unwrap().to_string()),
        bot: next(16) == 0,
        ..base
    }
}
