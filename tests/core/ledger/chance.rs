//! Random postings, against a model that only adds and takes away, and many at once.

use std::sync::Arc;

use marquee_core::ledger::{self, Account, Error, FromPayment, Posted};
use marquee_tests::{Dice, Seed};
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{agency_of, assert_right, balances, of, posted, sale};

/// What can happen to a payment.
#[derive(Clone, Copy, Debug)]
enum Step {
    Capture,
    Sale { promo: i64 },
    Refund,
    Fee,
    Open,
    Win,
    Lose,
}

impl Step {
    fn throw(dice: &mut Dice) -> Self {
        match dice.below(12) {
            0..=1 => Self::Capture,
            2..=3 => Self::Sale {
                promo: i64::try_from(dice.below(3) * 333).unwrap(),
            },
            4..=7 => Self::Refund,
            8 => Self::Fee,
            9 => Self::Open,
            10 => Self::Win,
            _ => Self::Lose,
        }
    }

    async fn post(self, db: &PgPool, of: FromPayment, talent: Uuid) -> Result<Posted, Error> {
        posted(db, async |conn| match self {
            Self::Capture => ledger::capture(conn, of).await,
            Self::Sale { promo } => {
                let sale = sale(of.payment, talent, of.amount.amount_minor(), promo);
                ledger::sale(conn, ledger::Sale { order: of.by, ..sale }).await
            }
            Self::Refund => ledger::refund(conn, of).await,
            Self::Fee => ledger::fee(conn, of).await,
            Self::Open => ledger::open_dispute(conn, of).await,
            Self::Win => ledger::win_dispute(conn, of).await,
            Self::Lose => ledger::lose_dispute(conn, of).await,
        })
        .await
    }
}

/// One payment, as a child would keep its books.
#[derive(Clone, Copy, Debug, Default)]
struct Model {
    captured: bool,
    sold: bool,
    gateway: i64,
    unsold: i64,
    sold_left: i64,
    held: i64,
    fees: i64,
    loss: i64,
}

impl Model {
    /// Whether it can happen; then it has.
    fn on(&mut self, step: Step, amount: i64) -> bool {
        match step {
            Step::Capture => {
                self.captured = true;
                self.gateway += amount;
                self.unsold += amount;
            }
            Step::Sale { .. } if amount <= self.unsold => {
                self.sold = true;
                self.unsold -= amount;
                self.sold_left += amount;
            }
            Step::Refund if amount <= self.unsold + self.sold_left => {
                self.gateway -= amount;
                self.give_back(amount);
            }
            Step::Fee => {
                self.fees += amount;
                self.gateway -= amount;
            }
            Step::Open => {
                self.held += amount;
                self.gateway -= amount;
            }
            Step::Win if amount <= self.held => {
                self.held -= amount;
                self.gateway += amount;
            }
            Step::Lose if self.captured && amount <= self.held => {
                self.held -= amount;
                self.loss += self.give_back(amount);
            }
            _ => return false,
        }
        true
    }

    /// What nobody had.
    fn give_back(&mut self, amount: i64) -> i64 {
        let unsold = amount.min(self.unsold);
        let sold = (amount - unsold).min(self.sold_left);
        self.unsold -= unsold;
        self.sold_left -= sold;
        amount - unsold - sold
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p14_p15_whatever_happens_in_whatever_order_the_books_say_what_happened(db: PgPool) {
    let seed = Seed::choose();
    println!("{seed}");
    let mut dice = Dice::from(seed);
    let mut models = [Model::default(); 4];
    let payments: Vec<Uuid> = models.iter().map(|_| Uuid::new_v4()).collect();
    let talents: Vec<Uuid> = models.iter().map(|_| Uuid::new_v4()).collect();
    for n in 0..150 {
        let which = usize::try_from(dice.below(4)).unwrap();
        let (step, amount) = (
            Step::throw(&mut dice),
            1 + i64::try_from(dice.below(4_000)).unwrap(),
        );
        let repeated = matches!(step, Step::Capture) && models[which].captured
            || matches!(step, Step::Sale { .. }) && models[which].sold;
        if repeated {
            continue;
        }
        let of = of(payments[which], amount);
        let possible = models[which].on(step, amount);
        let answer = step.post(&db, of, talents[which]).await;
        match (&answer, possible) {
            (Ok(Posted::Now(_)), true) | (Err(Error::Refused(_)), false) => {}
            _ => panic!(
                "{seed}, step {n}, {step:?} of {amount}: {answer:?}, {:?}",
                models[which]
            ),
        }
        if dice.chance(30) && possible {
            let again = step.post(&db, of, talents[which]).await;
            assert!(
                matches!(again, Ok(Posted::Before(_))),
                "{seed}, step {n}: {again:?}"
            );
        }
        let sum = |of: fn(&Model) -> i64| models.iter().map(of).sum::<i64>();
        let kept = balances(
            &db,
            &[
                Account::Gateway,
                Account::CustomerFunds,
                Account::DisputeHold,
                Account::Fees,
            ],
        )
        .await;
        let expected = [
            sum(|of| of.gateway),
            -sum(|of| of.unsold),
            sum(|of| of.held),
            sum(|of| of.fees),
        ];
        assert_eq!(kept, expected, "{seed}, step {n}");
        let mut sharing = vec![Account::Platform, Account::PromoCost];
        sharing.extend(talents.iter().map(|talent| Account::Talent(*talent)));
        sharing.extend(talents.iter().map(|talent| Account::Agency(agency_of(*talent))));
        let shared = balances(&db, &sharing).await;
        assert_eq!(
            shared.iter().sum::<i64>(),
            sum(|of| of.loss - of.sold_left),
            "{seed}, step {n}"
        );
        for (model, owed) in models.iter().zip(&shared[2..6]) {
            assert!(
                *owed <= 0 && (model.sold_left > 0 || *owed == 0),
                "{seed}, step {n}: {shared:?}"
            );
        }
        assert_right(&db).await;
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn many_who_post_at_once_wait_for_nobody_for_long_and_give_nothing_out_twice(db: PgPool) {
    let seed = Seed::choose();
    println!("{seed}");
    let payments: Arc<[Uuid]> = (0..3).map(|_| Uuid::new_v4()).collect();
    let (talent, captured) = (Uuid::new_v4(), 10_000);
    let mut tasks = JoinSet::new();
    for task in 0..8_u64 {
        let (db, payments) = (db.clone(), payments.clone());
        let mut dice = Dice::from(Seed(seed.0.wrapping_add(task)));
        tasks.spawn(async move {
            let mut refunded = 0;
            for n in 0..40 {
                let payment = *dice.pick(&payments);
                // Everybody captures and sells under the same reference: once.
                let of = match n {
                    0..=5 => FromPayment {
                        by: payment,
                        ..of(payment, captured)
                    },
                    _ => of(payment, 1 + i64::try_from(dice.below(600)).unwrap()),
                };
                let step = match n {
                    0..=2 => Step::Capture,
                    3..=5 => Step::Sale { promo: 500 },
                    _ => Step::Refund,
                };
                match step.post(&db, of, talent).await {
                    Ok(_) if matches!(step, Step::Refund) => refunded += of.amount.amount_minor(),
                    Ok(_) | Err(Error::Refused(_)) => {}
                    Err(error) => panic!("{seed}: {error:?}"),
                }
            }
            refunded
        });
    }
    let refunded: i64 = tasks.join_all().await.into_iter().sum();
    assert_right(&db).await;
    let accounts = [
        Account::Gateway,
        Account::CustomerFunds,
        Account::Talent(talent),
        Account::Agency(agency_of(talent)),
        Account::Platform,
        Account::PromoCost,
    ];
    let balances = balances(&db, &accounts).await;
    let paid: i64 =
        sqlx::query_scalar("select count(*) * 10000 from ledger.transaction where kind = 'capture'")
            .fetch_one(&db)
            .await
            .unwrap();
    assert!(refunded <= paid, "{refunded} of {paid}");
    assert_eq!(
        (balances[0], balances.iter().sum::<i64>()),
        (paid - refunded, 0),
        "{seed}"
    );
}
