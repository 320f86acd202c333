//! Double entry: what is posted, what never is, and how it is known that the books are right.

mod books;
mod chance;
mod postings;
mod tampering;

use marquee_core::books::queries::{Check, check};
use marquee_core::ledger::queries::balance;
use marquee_core::ledger::{self, Account, Error, FromPayment, PayoutLine, Sale};
use marquee_core::money::{Currency, Money, Shares};
use marquee_tests::ManualClock;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

fn brl(amount_minor: i64) -> Money {
    Money::new(amount_minor, Currency::BRL).unwrap()
}

/// Something that happens to a payment: a new thing each time.
fn of(payment: Uuid, amount_minor: i64) -> FromPayment {
    FromPayment {
        payment,
        by: Uuid::new_v4(),
        amount: brl(amount_minor),
        occurred_at: ManualClock::START,
    }
}

/// Of the usual talent of the test and their agency, 75 % and 5 %.
fn sale(payment: Uuid, talent: Uuid, paid_minor: i64, promo_minor: i64) -> Sale {
    Sale {
        payment,
        order: Uuid::new_v4(),
        paid: brl(paid_minor),
        promo_minor,
        talent,
        agency: Some(agency_of(talent)),
        shares: Shares::new(7_500, 500).unwrap(),
        occurred_at: ManualClock::START,
    }
}

fn agency_of(talent: Uuid) -> Uuid {
    Uuid::from_u128(!talent.as_u128())
}

fn line(whose: Account, amount_minor: i64) -> PayoutLine {
    PayoutLine {
        line: Uuid::new_v4(),
        whose,
        amount: brl(amount_minor),
        occurred_at: ManualClock::START,
    }
}

/// Posts in a transaction of its own.
async fn posted<T>(
    db: &PgPool,
    post: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut tx = db.begin().await?;
    let posted = post(&mut tx).await?;
    tx.commit().await?;
    Ok(posted)
}

/// What was captured, and sold for as much.
async fn sold(db: &PgPool, talent: Uuid, amount_minor: i64) -> Uuid {
    let payment = Uuid::new_v4();
    posted(db, async |conn| {
        ledger::capture(conn, of(payment, amount_minor)).await
    })
    .await
    .unwrap();
    posted(db, async |conn| {
        ledger::sale(conn, sale(payment, talent, amount_minor, 0)).await
    })
    .await
    .unwrap();
    payment
}

async fn balances(db: &PgPool, accounts: &[Account]) -> Vec<i64> {
    let mut conn = db.acquire().await.unwrap();
    let mut balances = Vec::new();
    for account in accounts {
        balances.push(balance(&mut conn, *account, Currency::BRL).await.unwrap());
    }
    balances
}

/// What does not hold of the ledger. That its payments and payouts have rows elsewhere is not asked: here they have none.
async fn broken(db: &PgPool) -> Vec<Check> {
    let mut checks = check(db).await.unwrap().checks;
    let elsewhere = ["captures", "refunds", "fees", "payouts"];
    checks.retain(|check| check.offending > 0 && !elsewhere.contains(&check.name));
    checks
}

/// Fails the test where the books are not right.
async fn assert_right(db: &PgPool) {
    let broken = broken(db).await;
    assert!(
        broken.is_empty(),
        "{broken:?}: {:?}",
        check(db).await.unwrap().findings
    );
}
