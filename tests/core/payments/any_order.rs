//! All orders of everything that a gateway may tell of one payment, with repetitions, from the webhook to the books.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use marquee_core::payments::{
    Action, DisputeStatus, News, RefundStatus, Refunded, Seen, SeenDispute, SeenStatus, sign,
};
use marquee_tests::{Dice, Seed, is_nightly};
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use super::news::{EVENTS, SECRET, event, post};
use super::{AMOUNT, Shop};

/// How the payment is, when the gateway says that something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Asked,
    Declined,
    Held,
    Lapsed,
    LetGo,
    Taken,
    /// Some of it was given back.
    Some,
    /// And then the rest.
    All,
    Disputed,
    Won,
    Lost,
}

/// What may happen to one payment, in the order in which it does, and what is told again.
const LIVES: [&[Told]; 8] = [
    &[Told::Asked, Told::Held, Told::Taken, Told::Some, Told::All],
    &[Told::Held, Told::Held, Told::Taken, Told::Taken, Told::Some],
    &[Told::Asked, Told::Declined, Told::Held, Told::Taken],
    &[Told::Held, Told::Taken, Told::Disputed, Told::Won, Told::Won],
    &[Told::Taken, Told::Disputed, Told::Disputed, Told::Lost],
    &[Told::Asked, Told::Held, Told::LetGo, Told::LetGo],
    &[Told::Held, Told::Lapsed, Told::Lapsed],
    &[Told::Asked, Told::Declined, Told::Declined],
];

/// Of each life, on every day.
const ORDERS: usize = 12;

impl Told {
    fn seen(self, reference: &str) -> Seen {
        let taken = self >= Self::Taken;
        let held = self >= Self::Held;
        let refund = |reference: &str, amount_minor| Refunded {
            key: None,
            reference: reference.to_owned(),
            amount_minor,
            status: RefundStatus::Done,
        };
        let refunds = match self {
            Self::Some => vec![refund("re_1", 4_000)],
            Self::All => vec![refund("re_1", 4_000), refund("re_2", AMOUNT - 4_000)],
            _ => vec![],
        };
        let dispute = match self {
            Self::Disputed => Some(DisputeStatus::Opened),
            Self::Won => Some(DisputeStatus::Won),
            Self::Lost => Some(DisputeStatus::Lost),
            _ => None,
        };
        let dispute = dispute.map(|status| SeenDispute {
            reference: "dp_1".to_owned(),
            amount_minor: AMOUNT,
            reason: "fraudulent".to_owned(),
            status,
            fee_minor: 1_500,
            fee_returned_minor: if status == DisputeStatus::Won { 1_500 } else { 0 },
            evidence_due_at: None,
        });
        Seen {
            reference: reference.to_owned(),
            customer: None,
            news: News {
                status: match self {
                    Self::Asked => SeenStatus::ActionRequired,
                    Self::Declined => SeenStatus::Declined,
                    Self::Held => SeenStatus::Authorized,
                    Self::Lapsed => SeenStatus::Lapsed,
                    Self::LetGo => SeenStatus::Voided,
                    _ => SeenStatus::Captured,
                },
                currency: "BRL".to_owned(),
                authorized_minor: if held { AMOUNT } else { 0 },
                captured_minor: if taken { AMOUNT } else { 0 },
                refunded_minor: refunds.iter().map(|refund| refund.amount_minor).sum(),
                fee_minor: if taken { 300 } else { 0 },
                capture_before: None,
                action: (self == Self::Asked).then(|| Action {
                    url: "https://bank.example/3ds".to_owned(),
                }),
                decline_code: (self == Self::Declined).then(|| "card_declined".to_owned()),
            },
            refunds,
            disputes: dispute.into_iter().collect(),
        }
    }
}

/// Every order of `items`, each once.
fn orders(items: &[Told]) -> BTreeSet<Vec<Told>> {
    if items.is_empty() {
        return BTreeSet::from([vec![]]);
    }
    let first = (0..items.len()).flat_map(|at| {
        let (head, rest) = (items[at], [&items[..at], &items[at + 1..]].concat());
        orders(&rest)
            .into_iter()
            .map(move |tail| [vec![head], tail].concat())
    });
    first.collect()
}

/// All of them, where there is time; else those that chance leaves.
fn some(orders: BTreeSet<Vec<Told>>, dice: &mut Dice) -> Vec<Vec<Told>> {
    let mut orders: Vec<_> = orders.into_iter().collect();
    if is_nightly() {
        return orders;
    }
    while orders.len() > ORDERS {
        let index = usize::try_from(dice.below(orders.len() as u64)).unwrap();
        orders.swap_remove(index);
    }
    orders
}

/// A payment of which everything is told in one order.
struct Case {
    life: usize,
    order: Vec<Told>,
    payment: Uuid,
    reference: String,
}

impl Case {
    /// The `at`th thing is told.
    async fn tell(&self, shop: &Shop, at: usize) {
        let Some(told) = self.order.get(at) else {
            return;
        };
        shop.gateway.says(self.payment, told.seen(&self.reference));
        let body = event(&self.reference);
        let signature = sign(SECRET, shop.app.app.now(), &body);
        let answer = post(shop, EVENTS, &[&signature], &body).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
    }

    /// What came of it: the row, the operation, the books, and what was told of money.
    async fn came_to(&self, shop: &Shop, heard: &[(String, Value)]) -> String {
        let view = shop.payment(self.payment).await;
        let facts = [
            "status",
            "authorized_minor",
            "captured_minor",
            "refunded_minor",
            "refunding_minor",
            "fee_minor",
            "held_reason",
        ];
        let facts = facts.map(|name| format!("{name}: {}", view[name]));
        let disputes = view["disputes"].as_array().unwrap().iter();
        let disputes: Vec<_> = disputes.map(|dispute| dispute["status"].to_string()).collect();
        let posted: Vec<(String, i64)> = sqlx::query_as(
            "select account.kind, sum(entry.amount_minor)::bigint from ledger.entry
            join ledger.transaction on transaction.id = entry.transaction
            join ledger.account on account.id = entry.account
            where transaction.cause = 'payment/' || $1
            group by 1 order by 1",
        )
        .bind(self.payment.to_string())
        .fetch_all(&shop.app.app.db)
        .await
        .unwrap();
        let mut told: Vec<_> = heard
            .iter()
            .filter(|(_, data)| data["payment"] == self.payment.to_string())
            .map(|(event, data)| format!("{event} {}", data["amount_minor"]))
            // Of these is told only where we are, and that is never far.
            .filter(|told| {
                !["declined", "action_required", "lapsed", "voided"]
                    .iter()
                    .any(|step| told.contains(step))
            })
            .collect();
        told.sort();
        // What a call came to is said by what was told first: a card that was declined may be good a moment later.
        let mut open = shop.operations(self.payment).await;
        open.retain(|of| !of.ends_with("succeeded") && !of.ends_with("refused"));
        format!("{facts:?} {disputes:?} {open:?} {posted:?} {told:?}")
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn w05_all_orders_of_all_that_is_told_of_a_payment_come_to_the_same(db: PgPool) {
    let shop = Shop::new(db).await;
    // Nobody answers, so what is told is all there is.
    shop.gateway.silence(true);
    let mut cases = vec![];
    let seed = Seed::choose();
    println!("{seed}");
    let mut dice = Dice::from(seed);
    for (life, told) in LIVES.iter().enumerate() {
        for order in some(orders(told), &mut dice) {
            let payment = shop.open("sandbox_approve").await;
            let reference = format!("sb_{}", payment.simple());
            cases.push(Case {
                life,
                order,
                payment,
                reference,
            });
        }
    }
    shop.work().await;
    shop.gateway.silence(false);
    for case in &cases {
        let mut seen = Told::Asked.seen(&case.reference);
        (seen.news.status, seen.news.action) = (SeenStatus::Pending, None);
        shop.gateway.says(case.payment, seen);
    }
    shop.app.advance(Duration::seconds(10));
    shop.work().await;

    for at in 0..5 {
        for case in &cases {
            case.tell(&shop, at).await;
        }
        shop.work().await;
    }

    let heard = shop.listener.heard();
    let mut lives: BTreeMap<usize, BTreeMap<String, &[Told]>> = BTreeMap::new();
    for case in &cases {
        let end = case.came_to(&shop, &heard).await;
        lives.entry(case.life).or_default().insert(end, &case.order);
    }
    for (life, ends) in lives {
        assert_eq!(
            ends.len(),
            1,
            "{:?} may end in several ways: {ends:#?}",
            LIVES[life]
        );
        let end = ends.keys().next().unwrap();
        assert!(end.contains("held_reason: null"), "{end}");
    }
    shop.assert_books().await;
    shop.app.leave_jobs();
}
