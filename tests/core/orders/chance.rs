//! Whatever customers, talents, staff, the gateway and the clock do, in whatever order, with crashes anywhere: nobody
//! loses a cent. `MARQUEE_SEED` repeats a run.

mod invariants;

use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use futures::FutureExt as _;
use marquee_core::config::{Config, Fault, Storage};
use marquee_core::platform::cron::run_ticks;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::files::Files;
use marquee_tests::{Dice, ManualClock, Posted, Seed, TestApp};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use self::invariants::{assert_all_over, assert_invariants};
use super::{Market, Ordered, PRICE};
use crate::videos::good;

/// After each of them the process is started anew.
const LIVES: usize = 4;
const STEPS: usize = 25;

/// How customers pay, the good more often.
const METHODS: [&str; 16] = [
    "sandbox_approve",
    "sandbox_approve",
    "sandbox_approve",
    "sandbox_decline",
    "sandbox_3ds",
    "sandbox_3ds",
    "sandbox_slow",
    "sandbox_timeout",
    "sandbox_fail",
    "sandbox_busy",
    "sandbox_short_hold",
    "sandbox_capture_decline",
    "sandbox_capture_slow",
    "sandbox_capture_timeout",
    "sandbox_refund_decline",
    "sandbox_refund_timeout",
];
/// Between every two effects of placing, paying, fulfilling and expiring.
const CRASHES: [&str; 15] = [
    "jobs.claimed",
    "payments.leased",
    "payments.answered",
    "payments.looked",
    "orders.claimed",
    "orders.reserved",
    "orders.placing",
    "orders.placed",
    "orders.hearing",
    "orders.heard",
    "orders.captured",
    "orders.sold",
    "orders.playable",
    "orders.ending",
    "orders.over",
];

/// What is known of an order without looking into the database.
struct Known {
    order: Ordered,
    /// How it ended, as whoever ended it was told.
    promised: Option<&'static str>,
}

struct Run {
    market: Market,
    dice: Dice,
    orders: Vec<Known>,
    /// Idempotency keys of orders that may or may not have been placed.
    keys: Vec<(String, String)>,
    /// What the gateway told and nobody has heard yet.
    late: Vec<Posted>,
    film: Vec<u8>,
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p17_nobody_loses_a_cent_whatever_happens_and_wherever_it_crashes(db: PgPool) {
    let seed = Seed::choose();
    let mut run = Run {
        market: Market::new(db).await,
        dice: seed.into(),
        orders: Vec::new(),
        keys: Vec::new(),
        late: Vec::new(),
        film: good(),
    };
    for life in 0..LIVES {
        run.restart().await;
        for step in 0..STEPS {
            let what = run.step().await;
            let place = format!("{seed}, life {life}, step {step}: {what}");
            assert_invariants(&run.market, &place).await;
            run.assert_promises(&place).await;
        }
    }
    run.live_quietly().await;
    let place = format!("{seed}, at the end");
    assert_invariants(&run.market, &place).await;
    run.assert_promises(&place).await;
    assert_all_over(&run.market, run.keys.len(), &place).await;
}

impl Run {
    /// Another process on the same database, which will crash somewhere.
    async fn restart(&mut self) {
        let point = (*self.dice.pick(&CRASHES)).to_owned();
        let pass = u32::try_from(1 + self.dice.below(6)).unwrap();
        self.begin(Faults::crashing(Some(Fault { point, pass }), || {
            panic!("crashed, as it should")
        }))
        .await;
    }

    async fn begin(&mut self, faults: Faults) {
        let before = &mut self.market.app;
        before.leave_jobs();
        self.late.extend(before.gateway_sender.take());
        let elapsed = before.app.now() - ManualClock::START;
        let config = Config {
            storage: Storage::Folder(before.folder.path().to_owned()),
            ..before.app.config.clone()
        };
        let mut app = TestApp::with(before.app.db.clone(), |parts| {
            parts.faults = faults;
            parts.files = Files::new(&config).unwrap();
        })
        .await;
        // It stays where it is: what was sent before is still there.
        std::mem::swap(&mut app.folder, &mut before.folder);
        app.advance(elapsed);
        app.leave_jobs();
        self.market = Market {
            app,
            talent: self.market.talent.clone(),
            talent_token: self.market.talent_token.clone(),
            read: 0.into(),
        };
    }

    /// Does something; what. A crash only ends what was being done.
    async fn step(&mut self) -> String {
        let what = self.dice.below(100);
        // One of the last few: those before have mostly ended.
        let order = self.orders.len().checked_sub(1).map(|last| {
            let back = usize::try_from(self.dice.below(4)).unwrap();
            last.saturating_sub(back)
        });
        let mut name = String::new();
        let doing = async {
            name = match (what, order) {
                (0..17, _) | (_, None) => self.place().await,
                (17..45, _) => self.work().await,
                (45..58, _) => self.hear().await,
                (58..70, _) => self.wait().await,
                (70..78, Some(order)) => self.confirm(order).await,
                (78..82, Some(order)) => self.pay(order).await,
                (82..85, Some(order)) => self.cancel(order).await,
                (85..87, Some(order)) => self.reject(order).await,
                (87..90, Some(_)) => self.refund().await,
                (_, Some(order)) => self.send(order).await,
            };
        };
        if AssertUnwindSafe(doing).catch_unwind().await.is_err() {
            "crashed".clone_into(&mut name);
        }
        name
    }

    /// Places an order, or one again that was placed before or not.
    async fn place(&mut self) -> String {
        let again = !self.keys.is_empty() && self.dice.chance(25);
        let (key, method) = if again {
            self.dice.pick(&self.keys).clone()
        } else {
            let new = (self.market.quote().await, (*self.dice.pick(&METHODS)).to_owned());
            self.keys.push(new.clone());
            new
        };
        let body = self.market.body(&key, &method);
        let (one, other) = tokio::join!(
            self.market.order(&key, None, &body),
            self.market.order(&key, None, &body)
        );
        for answer in [one, other] {
            match answer.status {
                StatusCode::CREATED => self.know(&answer),
                // In flight, or the quote has expired; or the crash was in there.
                StatusCode::CONFLICT | StatusCode::INTERNAL_SERVER_ERROR => {}
                other => panic!("{other}: {}", answer.text),
            }
        }
        format!("placed with {method}, again: {again}")
    }

    fn know(&mut self, answer: &marquee_tests::Answer) {
        let id = answer.body["id"].as_str().unwrap();
        if self.orders.iter().all(|known| known.order.id != id) {
            let order = Ordered {
                id: id.to_owned(),
                key: answer.headers["x-order-key"].to_str().unwrap().to_owned(),
            };
            self.orders.push(Known {
                order,
                promised: None,
            });
        }
    }

    async fn work(&mut self) -> String {
        self.market.app.run_jobs().await;
        "worked".to_owned()
    }

    /// Some of the gateway's news, in any order, some of it twice, and some kept for later.
    async fn hear(&mut self) -> String {
        self.late.extend(self.market.app.gateway_sender.take());
        let mut heard = 0;
        while !self.late.is_empty() && !self.dice.chance(20) {
            let index = usize::try_from(self.dice.below(self.late.len() as u64)).unwrap();
            let posted = if self.dice.chance(20) {
                self.late[index].clone()
            } else {
                self.late.swap_remove(index)
            };
            // What is told too late is signed too long ago, and told again another time.
            self.market.app.bring(&posted).await;
            heard += 1;
        }
        format!("heard {heard} of the gateway's news")
    }

    async fn wait(&mut self) -> String {
        let pause = *self.dice.pick(&[
            Duration::seconds(2),
            Duration::seconds(11),
            Duration::seconds(40),
            Duration::seconds(70),
            Duration::minutes(6),
            Duration::minutes(6),
            Duration::minutes(31),
            Duration::hours(2),
            Duration::hours(30),
            Duration::days(5),
        ]);
        self.market.app.advance(pause);
        run_ticks(&self.market.app.app).await.unwrap();
        format!("waited {pause}")
    }

    /// What the customer does on the page of their bank's.
    async fn confirm(&mut self, order: usize) -> String {
        let approve = self.dice.chance(80);
        let id: Uuid = self.orders[order].order.id.parse().unwrap();
        let reference: Option<String> = sqlx::query_scalar(
            "select reference from payments.payment where order_id = $1 and status = 'action_required'",
        )
        .bind(id)
        .fetch_optional(&self.market.app.app.db)
        .await
        .unwrap()
        .flatten();
        if let Some(reference) = reference {
            let path = format!("/v1/gateways/sandbox/actions/{reference}");
            self.market.app.post(&path, json!({ "approve": approve })).await;
        }
        format!("confirmed: {approve}")
    }

    async fn pay(&mut self, order: usize) -> String {
        let method = *self.dice.pick(&METHODS);
        let order = &self.orders[order].order;
        let (status, _) = self
            .market
            .act(order, "pay", json!({ "payment_method": method }))
            .await;
        format!("paid with {method}: {status}")
    }

    async fn cancel(&mut self, order: usize) -> String {
        let known = &self.orders[order];
        let by_staff = self.dice.chance(50);
        let (status, seen) = if by_staff {
            let path = format!("/v1/orders/{}/cancel", known.order.id);
            self.market.app.call(Method::POST, &path, Some(json!({}))).await
        } else {
            self.market.act(&known.order, "cancel", json!({})).await
        };
        if status == StatusCode::OK {
            // What was due is failed when staff calls it off.
            let ended = if seen["status"] == "failed" {
                "failed"
            } else {
                "cancelled"
            };
            self.orders[order].promised = Some(ended);
        }
        format!("cancelled, by staff: {by_staff}: {status}")
    }

    async fn reject(&mut self, order: usize) -> String {
        let known = &self.orders[order].order;
        let body = json!({ "reason": "I do not sing." });
        let (status, _) = self.market.by_talent(known, "reject", body).await;
        if status == StatusCode::OK {
            self.orders[order].promised = Some("rejected");
        }
        format!("rejected: {status}")
    }

    /// Of any order, two at once.
    async fn refund(&mut self) -> String {
        let index = usize::try_from(self.dice.below(self.orders.len() as u64)).unwrap();
        let path = format!("/v1/orders/{}/refunds", self.orders[index].order.id);
        let amount_minor = 1 + self.dice.below(PRICE.unsigned_abs());
        let refund = || {
            let body = json!({
                "amount": { "amount_minor": amount_minor, "currency": "BRL" }, "reason": "The name was wrong.",
            });
            let request = self.market.app.request(Method::POST, &path);
            let request = request
                .header("idempotency-key", Uuid::new_v4().to_string())
                .header(header::CONTENT_TYPE, "application/json");
            self.market
                .app
                .send(request.body(Body::from(body.to_string())).unwrap())
        };
        let (one, other) = tokio::join!(refund(), refund());
        format!(
            "gave {amount_minor} back, twice: {}, {}",
            one.status, other.status
        )
    }

    /// The video, or something else.
    async fn send(&mut self, order: usize) -> String {
        let is_video = self.dice.chance(80);
        let file = if is_video {
            self.film.clone()
        } else {
            b"no video at all".to_vec()
        };
        let order = &self.orders[order].order;
        let (status, upload) = self.market.announce(order, file.len()).await;
        if status == StatusCode::CREATED {
            let id = upload["id"].as_str().unwrap();
            let body = Body::from(file);
            crate::videos::put(&self.market.app, &self.market.talent_token, id, body).await;
        }
        format!("sent a video: {is_video}: {status}")
    }

    /// What somebody was told is so.
    async fn assert_promises(&self, place: &str) {
        for known in &self.orders {
            if let Some(promised) = known.promised {
                assert_eq!(self.market.status(&known.order).await, promised, "{place}");
            }
        }
    }

    /// Everybody goes home, nothing crashes any more, and what is due is done.
    async fn live_quietly(&mut self) {
        self.begin(Faults::default()).await;
        // As a customer would who got no answer: with the same key.
        for (key, method) in self.keys.clone() {
            let body = self.market.body(&key, &method);
            let answer = self.market.order(&key, None, &body).await;
            if answer.status == StatusCode::CREATED {
                self.know(&answer);
            }
        }
        for posted in std::mem::take(&mut self.late) {
            self.market.app.bring(&posted).await;
        }
        for _ in 0..16 {
            self.market.after(Duration::hours(25)).await;
        }
        // What nobody knows is for a person to end.
        let held: Vec<Uuid> =
            sqlx::query_scalar("select id from orders.purchase where status = 'authorizing'")
                .fetch_all(&self.market.app.app.db)
                .await
                .unwrap();
        for id in held {
            let path = format!("/v1/orders/{id}/cancel");
            let (status, seen) = self.market.app.post(&path, json!({})).await;
            assert_eq!(status, StatusCode::OK, "{seen}");
        }
    }
}
