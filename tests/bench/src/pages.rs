//! How long the core works at a page, beside the API's answers that the page shows.

mod visitor;

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::{Context, Result};
use marquee_core::access::{Grant, Permission, Principal};
use marquee_core::accounts::{self, NewStaff, Token, TokenKind};
use marquee_core::app::App;
use serde_json::json;
use uuid::Uuid;

use self::visitor::Visitor;
use crate::Run;
use crate::ingest::Programs;
use crate::orders::clients::post_all;
use crate::orders::{fill, orders};
use crate::report::{Row, Section, Target, number};
use crate::service::while_served;
use crate::stats::Samples;

/// The most milliseconds that nineteen of twenty pages may take.
const LIMIT: f64 = 100.0;
/// As the sample calls what it makes.
const BRAND: &str = "large";

/// A page, and what of the API it shows.
struct Page {
    what: &'static str,
    path: String,
    shows: Vec<String>,
}

/// What pages are of.
struct Estate {
    talents: i32,
    orders: usize,
    rules: usize,
}

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Section> {
    let database_url = programs.database_url.as_deref();
    let database_url = database_url.context("--database-url is missing")?;
    let (estate, rounds) = if run.quick {
        (
            Estate {
                talents: 500,
                orders: 32,
                rules: 100,
            },
            10,
        )
    } else {
        (
            Estate {
                talents: 5_000,
                orders: 2_000,
                rules: 3_000,
            },
            200,
        )
    };

    eprintln!("  … pages, filling");
    let token = OnceLock::new();
    let filled = async |app: &App| {
        fill(&app.db, estate.talents, estate.orders).await?;
        let signed_in = staff(app).await?;
        token.get_or_init(|| signed_in);
        Ok(())
    };
    let rows = while_served(database_url, filled, |address| {
        let (anybody, staff) = (
            Visitor::new(address, None),
            Visitor::new(address, token.get().map(String::as_str)),
        );
        let known = furnish(address, &staff, &estate)?;
        let mut rows = Vec::new();
        for (visitor, pages) in [(&anybody, shop(&known)), (&staff, admin(&known))] {
            for page in pages {
                eprintln!("  … pages, {}", page.what);
                rows.push(measure(visitor, &page, rounds)?);
            }
        }
        Ok(rows)
    })?;
    Ok(Section {
        title: "Pages",
        method: format!(
            "{} talents, {} orders, a brand of {} rules; the core's routes in this process, one client over HTTP. {rounds} rounds \
             after a tenth as many unmeasured: a page, then one after the other the API's answers that it shows. Times are \
             the server's, with what the page is compressed from; nothing is rendered.",
            number(f64::from(estate.talents), ""),
            number(estate.orders as f64, ""),
            number(estate.rules as f64, ""),
        ),
        rows,
    })
}

/// Somebody who may see everything; the token of their session.
async fn staff(app: &App) -> Result<String> {
    let everything = Permission::ALL.into_iter();
    let new = NewStaff {
        email: "staff@bench.example".to_owned(),
        name: "Staff".to_owned(),
        grants: everything
            .map(|permission| Grant {
                permission,
                brands: None,
            })
            .collect(),
    };
    let person = accounts::create_staff(app, &Principal::operator(), new).await?;
    let session = Token::fresh(TokenKind::Session, Uuid::now_v7())?;
    sqlx::query(SESSION)
        .bind(session.id)
        .bind(person)
        .bind(session.secret_sha256())
        .execute(&app.db)
        .await
        .context("signing in")?;
    Ok(session.reveal())
}

/// $1 its id, $2 whose, $3 the hash of its secret.
const SESSION: &str = "
    insert into accounts.session (id, person_id, secret_sha256, created_at, expires_at, last_used_at, user_agent)
    values ($1, $2, $3, now(), now() + interval '1 day', now(), 'bench')";

/// Of what there is one page each.
struct Known {
    talent: String,
    order: String,
}

/// Has people order, and makes a brand with rules.
fn furnish(address: SocketAddr, staff: &Visitor, estate: &Estate) -> Result<Known> {
    post_all(4, &orders(address, 0, estate.orders))?;
    let set = marquee_sample::rules(estate.rules, 1);
    staff.send(
        "POST",
        "/v1/brands",
        &json!({ "code": BRAND, "name": "Large", "settings": set.settings }),
    )?;
    let draft = format!("/v1/brands/{BRAND}/draft/rules");
    staff.send("PUT", &draft, &json!({ "rules": set.rules }))?;
    Ok(Known {
        talent: staff.first("/v1/talents")?,
        order: staff.first("/v1/orders")?,
    })
}

fn shop(known: &Known) -> Vec<Page> {
    let talent = &known.talent;
    vec![
        page("shop: entrance", "/", &["/v1/talents?limit=12", "/v1/categories"]),
        page(
            "shop: list of talents",
            "/talents",
            &["/v1/talents", "/v1/categories"],
        ),
        page(
            "shop: a search",
            "/talents?q=silva&sort=price",
            &["/v1/talents?q=silva&sort=price", "/v1/categories"],
        ),
        page(
            "shop: a talent",
            &format!("/talents/{talent}"),
            &[&format!("/v1/talents/{talent}")],
        ),
    ]
}

fn admin(known: &Known) -> Vec<Page> {
    let order = &known.order;
    let brand = format!("/v1/brands/{BRAND}");
    vec![
        page("staff: orders", "/admin/orders", &["/v1/orders"]),
        page(
            "staff: an order with all that happened",
            &format!("/admin/orders/{order}"),
            &[
                &format!("/v1/orders/{order}"),
                &format!("/v1/orders/{order}/timeline?limit=100"),
            ],
        ),
        page(
            "staff: talents",
            "/admin/talents",
            &["/v1/catalogue/talents", "/v1/categories"],
        ),
        page("staff: payments", "/admin/payments", &["/v1/payments"]),
        page("staff: audit log", "/admin/audit", &["/v1/audit?limit=30"]),
        page(
            "staff: rules of a brand",
            &format!("/admin/brands/{BRAND}/rules"),
            &[
                &brand,
                &format!("{brand}/draft/settings"),
                &format!("{brand}/draft/rules/search"),
            ],
        ),
        page(
            "staff: coverage map of a brand",
            &format!("/admin/brands/{BRAND}/map"),
            &[
                &brand,
                &format!("{brand}/validate"),
                &format!("{brand}/draft/settings"),
            ],
        ),
    ]
}

fn page(what: &'static str, path: &str, shows: &[&str]) -> Page {
    Page {
        what,
        path: path.to_owned(),
        shows: shows.iter().map(|path| (*path).to_owned()).collect(),
    }
}

fn measure(visitor: &Visitor, page: &Page, rounds: usize) -> Result<Row> {
    let (mut pages, mut answers, mut bytes) = (Vec::new(), Vec::new(), 0);
    for round in 0..rounds + rounds / 10 {
        let begun = Instant::now();
        bytes = visitor.page(&page.path)?;
        let took = begun.elapsed().as_secs_f64() * 1e3;
        let begun = Instant::now();
        for shown in &page.shows {
            visitor.ask(shown)?;
        }
        if round >= rounds / 10 {
            pages.push(took);
            answers.push(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    let (pages, answers): (Samples, Samples) = (pages.into_iter().collect(), answers.into_iter().collect());
    let figure = format!(
        "p50 {}, p95 {}, p99 {}; {}",
        number(pages.p50(), "ms"),
        number(pages.p95(), "ms"),
        number(pages.p99(), "ms"),
        number(bytes as f64 / 1e3, "KB"),
    );
    let api = format!("its API {}", number(answers.p50(), "ms"));
    let row = Row::new(page.what, figure).beside(api, pages.p50() / answers.p50());
    Ok(row.target(Target::AtMost(LIMIT), pages.p95(), "p95 ≤ 100 ms"))
}
