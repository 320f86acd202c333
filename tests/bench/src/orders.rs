//! How many orders are placed and how much news of the gateway's is taken in, beside what Postgres can commit.

pub mod clients;
mod commits;

use std::net::SocketAddr;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marquee_core::app::App;
use marquee_core::payments;
use marquee_core::platform::clock::{Clock as _, SystemClock};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{Executor as _, PgPool};

use self::clients::{Post, Posted, post_all};
use crate::Run;
use crate::catalogue::estate;
use crate::ingest::Programs;
use crate::report::{Row, Section, Target, number};
use crate::service::while_served;
use crate::stats::{Samples, median};

/// Of the commits that Postgres makes meanwhile.
const TARGET: f64 = 0.4;
const TALENTS: i32 = 5_000;
/// Customers, or connections of the gateway's, at once.
const AT_ONCE: usize = 16;
/// As the sandbox signs.
const SECRET: &[u8] = b"sandbox-secret-2";

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Section> {
    let database_url = programs.database_url.as_deref();
    let database_url = database_url.context("--database-url is missing")?;
    let (rounds, posts, seconds) = if run.quick { (2, 64, 1) } else { (5, 1_000, 5) };

    eprintln!("  … orders, filling");
    let quotes = (rounds + 1) * posts;
    let fill = async |app: &App| {
        fill(&app.db, TALENTS, quotes).await?;
        app.db.execute(commits::TABLE).await?;
        Ok(())
    };
    let rows = while_served(database_url, fill, |address| {
        let mut figures = Figures::default();
        // The first is not measured: it warms what is planned and cached lazily.
        for round in 0..=rounds {
            eprintln!("  … orders, round {round} of {rounds}");
            let limit = commits::per_second(&run.scratch, database_url, AT_ONCE, seconds)?;
            let placed = post_all(AT_ONCE, &orders(address, round * posts, posts))?;
            let heard = post_all(AT_ONCE, &notices(address, round * posts, posts))?;
            if round > 0 {
                figures.limit.push(limit);
                figures.placed.push(placed);
                figures.heard.push(heard);
            }
        }
        Ok(figures.rows())
    })?;
    Ok(Section {
        title: "Orders",
        method: format!(
            "{AT_ONCE} clients over HTTP, the core's routes in this process, each client with one request at a time: {posts} orders \
             by guests of {TALENTS} talents, by quotes made before, and {posts} signed notices of the sandbox gateway. Limit: \
             pgbench committing one row at a time by {AT_ONCE} connections for {seconds} s, in the same Postgres, everything on \
             the same cores. {rounds} rounds in turn after one unmeasured, medians; latencies of all requests."
        ),
        rows,
    })
}

#[derive(Default)]
struct Figures {
    /// Commits per second, by round.
    limit: Vec<f64>,
    placed: Vec<Posted>,
    heard: Vec<Posted>,
}

impl Figures {
    fn rows(&self) -> Vec<Row> {
        vec![
            self.row("orders placed, their money asked for", &self.placed)
                .target(
                    Target::AtLeast(TARGET),
                    self.ratio(&self.placed),
                    "≥ 0.4 × commits",
                ),
            self.row("notices verified, stored, acknowledged", &self.heard),
        ]
    }

    fn row(&self, what: &str, posted: &[Posted]) -> Row {
        let latencies: Samples = posted
            .iter()
            .flat_map(|posted| &posted.latencies_ms)
            .copied()
            .collect();
        let figure = format!(
            "{}, p50 {}, p99 {}",
            number(median(posted.iter().map(|posted| posted.per_second)), "/s"),
            number(latencies.p50(), "ms"),
            number(latencies.p99(), "ms"),
        );
        let limit = number(median(self.limit.iter().copied()), "commits/s");
        Row::new(what, figure).beside(format!("pgbench {limit}"), self.ratio(posted))
    }

    fn ratio(&self, posted: &[Posted]) -> f64 {
        median(
            posted
                .iter()
                .zip(&self.limit)
                .map(|(posted, limit)| posted.per_second / limit),
        )
    }
}

/// Makes so many talents who are never fully booked, and so many quotes of theirs.
///
/// # Errors
/// When Postgres refuses them.
pub async fn fill(db: &PgPool, talents: i32, quotes: usize) -> Result<()> {
    self::talents(db, talents).await?;
    quote(db, 1, quotes).await
}

/// Makes so many talents who are never fully booked.
///
/// # Errors
/// When Postgres refuses them.
pub async fn talents(db: &PgPool, count: i32) -> Result<()> {
    estate::fill(db, count).await?;
    db.execute("update catalogue.talent set weekly_capacity = null")
        .await?;
    Ok(())
}

/// Makes the quotes from the `first` on, of such talents in turn, which are good for an hour.
///
/// # Errors
/// When Postgres refuses them.
pub async fn quote(db: &PgPool, first: usize, count: usize) -> Result<()> {
    sqlx::query(QUOTES)
        .bind(i32::try_from(first)?)
        .bind(i32::try_from(count)?)
        .execute(db)
        .await
        .context("filling quotes")?;
    Ok(())
}

/// As many, by the quotes from `first` on.
pub(crate) fn orders(address: SocketAddr, first: usize, count: usize) -> Vec<Post> {
    let order = |n| order(&format!("http://{address}"), n);
    (first + 1..=first + count).map(order).collect()
}

/// A guest's order by the nth quote, counted from 1, of the core at `url`.
pub fn order(url: &str, n: usize) -> Post {
    Post {
        url: format!("{url}/v1/orders"),
        header: ("idempotency-key", key("order", n)),
        body: json!({
            "quote_id": format!("0198d3a2-6f10-7000-8000-{n:012x}"),
            "email": format!("customer-{n}@bench.example"),
            "for_whom": "someone_else", "is_from": "Caio", "is_to": "Bia",
            "instruction": "Deseje a ela um feliz aniversário, e cante.",
            "language": "pt-BR", "is_public": false, "payment_method": "sandbox_approve",
        })
        .to_string(),
        status: 201,
    }
}

/// As many, from the one after `first` on.
fn notices(address: SocketAddr, first: usize, count: usize) -> Vec<Post> {
    let notice = |n| notice(&format!("http://{address}"), n);
    (first + 1..=first + count).map(notice).collect()
}

/// The sandbox's nth notice to the core at `url`, signed now, of a payment that nobody knows: what it is about is found
/// out later, by a job.
pub fn notice(url: &str, n: usize) -> Post {
    let body = json!({
        "id": format!("0198d3a2-6f11-7000-8000-{n:012x}"), "type": "payment.authorized",
        "payment": key("payment", n),
    })
    .to_string();
    let signature = payments::sign(SECRET, SystemClock.now(), body.as_bytes());
    Post {
        url: format!("{url}/v1/gateways/sandbox/events"),
        header: ("sandbox-signature", signature),
        body,
        status: 204,
    }
}

/// Without any order, as clients make them.
fn key(of: &str, n: usize) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{of} {n}")))
}

/// $2 quotes from the $1st on, of talents who take orders, in turn.
const QUOTES: &str = "
    insert into orders.quote (
        id, talent_id, list_minor, currency, talent_bp, agency_bp, delivery_days, created_at, expires_at
    )
    select
        ('0198d3a2-6f10-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, talent.id, price_minor, currency, 7500, 0,
        delivery_days, now(), now() + interval '1 hour'
    from generate_series($1, $1 + $2 - 1) as n
    join (
        select talent.*, row_number() over (order by talent.id) as place, count(*) over () as talents
        from catalogue.talent
        join accounts.person on person.id = person_id
        where price_minor is not null and available and suspended_at is null
    ) as talent on place = 1 + n % talents";
