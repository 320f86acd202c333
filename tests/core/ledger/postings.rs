//! Each thing that happens to money, and which accounts it moves.

use axum::http::StatusCode;
use marquee_core::ledger::{self, Account, Error, FromPayment, PayoutLine, Posted, Refused};
use marquee_core::money::{Currency, Money};
use marquee_tests::TestApp;
use sqlx::PgPool;
use uuid::Uuid;

use super::{agency_of, assert_right, balances, brl, line, of, posted, sale, sold};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_sale_is_shared_out_and_a_full_refund_in_pieces_takes_all_of_it_back(db: PgPool) {
    let (payment, talent) = (Uuid::new_v4(), Uuid::new_v4());
    let accounts = [
        Account::Gateway,
        Account::CustomerFunds,
        Account::Talent(talent),
        Account::Agency(agency_of(talent)),
        Account::Platform,
        Account::PromoCost,
    ];
    posted(&db, async |conn| ledger::capture(conn, of(payment, 9_990)).await)
        .await
        .unwrap();
    assert_eq!(balances(&db, &accounts).await, [9_990, -9_990, 0, 0, 0, 0]);

    posted(&db, async |conn| {
        ledger::sale(conn, sale(payment, talent, 9_990, 10)).await
    })
    .await
    .unwrap();
    assert_eq!(
        balances(&db, &accounts).await,
        [9_990, 0, -7_500, -500, -2_000, 10]
    );

    for piece in [1, 3_333, 1, 6_655] {
        posted(&db, async |conn| ledger::refund(conn, of(payment, piece)).await)
            .await
            .unwrap();
        assert_right(&db).await;
    }
    assert_eq!(balances(&db, &accounts).await, [0; 6]);
    let refused = posted(&db, async |conn| ledger::refund(conn, of(payment, 1)).await).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(Refused::NotEnough {
            has_minor: 0,
            wanted_minor: 1
        }))
    ));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_told_again_is_posted_once_and_never_as_something_else(db: PgPool) {
    let arrived = of(Uuid::new_v4(), 15_000);
    let first = posted(&db, async |conn| ledger::capture(conn, arrived).await)
        .await
        .unwrap();
    let again = posted(&db, async |conn| ledger::capture(conn, arrived).await)
        .await
        .unwrap();
    assert_eq!(
        (again, again.transaction()),
        (ledger::Posted::Before(first.transaction()), first.transaction())
    );

    let other_amount = FromPayment {
        amount: brl(1),
        ..arrived
    };
    let other_payment = FromPayment {
        payment: Uuid::new_v4(),
        ..arrived
    };
    for other in [other_amount, other_payment] {
        let refused = posted(&db, async |conn| ledger::capture(conn, other).await).await;
        assert!(matches!(refused, Err(Error::OtherContent(_))));
    }
    assert_eq!(balances(&db, &[Account::Gateway]).await, [15_000]);
}

/// The original owed a talent their share before anything was captured, and whatever became of the charge.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_05_nobody_is_owed_anything_for_a_payment_that_was_not_captured(db: PgPool) {
    let (payment, talent) = (Uuid::new_v4(), Uuid::new_v4());
    let sell = async |paid| {
        posted(&db, async |conn| {
            ledger::sale(conn, sale(payment, talent, paid, 0)).await
        })
        .await
    };
    assert!(matches!(
        sell(15_000).await,
        Err(Error::Refused(Refused::NotEnough { .. }))
    ));

    posted(&db, async |conn| ledger::capture(conn, of(payment, 14_999)).await)
        .await
        .unwrap();
    assert!(matches!(
        sell(15_000).await,
        Err(Error::Refused(Refused::NotEnough { .. }))
    ));
    assert_eq!(balances(&db, &[Account::Talent(talent)]).await, [0]);

    // What another paid is not theirs either.
    posted(&db, async |conn| {
        ledger::capture(conn, of(Uuid::new_v4(), 15_000)).await
    })
    .await
    .unwrap();
    assert!(matches!(
        sell(15_000).await,
        Err(Error::Refused(Refused::NotEnough { .. }))
    ));
    assert_right(&db).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_refund_before_the_sale_takes_nothing_from_anybody_else(db: PgPool) {
    let payment = Uuid::new_v4();
    posted(&db, async |conn| ledger::capture(conn, of(payment, 15_000)).await)
        .await
        .unwrap();
    posted(&db, async |conn| ledger::refund(conn, of(payment, 15_000)).await)
        .await
        .unwrap();
    assert_eq!(
        balances(&db, &[Account::Gateway, Account::CustomerFunds]).await,
        [0, 0]
    );
    assert_right(&db).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dispute_that_is_won_changes_nothing_and_one_that_is_lost_is_borne_by_those_who_shared(db: PgPool) {
    let talent = Uuid::new_v4();
    let payment = sold(&db, talent, 10_000).await;
    let accounts = [
        Account::Gateway,
        Account::DisputeHold,
        Account::Talent(talent),
        Account::Platform,
    ];

    let dispute = of(payment, 10_000);
    posted(&db, async |conn| ledger::open_dispute(conn, dispute).await)
        .await
        .unwrap();
    assert_eq!(balances(&db, &accounts).await, [0, 10_000, -7_500, -2_000]);
    posted(&db, async |conn| ledger::win_dispute(conn, dispute).await)
        .await
        .unwrap();
    assert_eq!(balances(&db, &accounts).await, [10_000, 0, -7_500, -2_000]);
    let too_late = posted(&db, async |conn| ledger::lose_dispute(conn, dispute).await).await;
    assert!(matches!(too_late, Err(Error::Refused(Refused::NotEnough { .. }))));

    // A part was refunded before: those who shared have no more than the rest of it, and the platform bears the difference.
    posted(&db, async |conn| ledger::refund(conn, of(payment, 4_000)).await)
        .await
        .unwrap();
    let dispute = of(payment, 10_000);
    posted(&db, async |conn| ledger::open_dispute(conn, dispute).await)
        .await
        .unwrap();
    posted(&db, async |conn| ledger::lose_dispute(conn, dispute).await)
        .await
        .unwrap();
    assert_eq!(balances(&db, &accounts).await, [-4_000, 0, 0, 4_000]);
    assert_right(&db).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_paid_out_is_owed_no_longer_and_what_comes_back_is_owed_again(db: PgPool) {
    let talent = Uuid::new_v4();
    sold(&db, talent, 10_000).await;
    let accounts = [Account::Talent(talent), Account::InTransit, Account::Bank];
    let (one, two) = (
        line(Account::Talent(talent), 5_000),
        line(Account::Talent(talent), 2_500),
    );
    for line in [one, two] {
        posted(&db, async |conn| ledger::approve_payouts(conn, &[line]).await)
            .await
            .unwrap();
    }
    assert_eq!(balances(&db, &accounts).await, [0, -7_500, 0]);

    posted(&db, async |conn| {
        ledger::settle_payouts(conn, &[(one, true)]).await
    })
    .await
    .unwrap();
    posted(&db, async |conn| {
        ledger::settle_payouts(conn, &[(two, false)]).await
    })
    .await
    .unwrap();
    assert_eq!(balances(&db, &accounts).await, [-2_500, 0, -5_000]);

    // Neither can be settled the other way afterwards.
    for (line, paid) in [(one, false), (two, true)] {
        let refused = posted(&db, async |conn| {
            ledger::settle_payouts(conn, &[(line, paid)]).await
        })
        .await;
        assert!(matches!(refused, Err(Error::Refused(Refused::NotEnough { .. }))));
    }
    assert_right(&db).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn several_lines_are_posted_together_each_once_and_all_or_none(db: PgPool) {
    let (talent, other) = (Account::Talent(Uuid::new_v4()), Account::Agency(Uuid::new_v4()));
    let lines = [line(talent, 5_000), line(other, 2_500), line(talent, 1_000)];
    let accounts = [talent, other, Account::InTransit, Account::Bank];
    let [one, two, three] = lines;
    posted(&db, async |conn| ledger::approve_payouts(conn, &[one, two]).await)
        .await
        .unwrap();

    let again = posted(&db, async |conn| ledger::approve_payouts(conn, &lines).await).await;
    assert!(
        matches!(
            again.unwrap()[..],
            [Posted::Before(_), Posted::Before(_), Posted::Now(_)]
        ),
        "each once"
    );
    assert_eq!(balances(&db, &accounts).await, [6_000, 2_500, -8_500, 0]);

    let new = line(talent, 700);
    let changed = PayoutLine {
        amount: brl(5_001),
        ..one
    };
    let refused = posted(&db, async |conn| {
        ledger::approve_payouts(conn, &[new, changed]).await
    })
    .await;
    assert!(matches!(refused, Err(Error::OtherContent(_))));
    let never = [(one, true), (new, true)];
    let refused = posted(&db, async |conn| ledger::settle_payouts(conn, &never).await).await;
    assert!(matches!(refused, Err(Error::Refused(Refused::NotEnough { .. }))));
    assert_eq!(balances(&db, &accounts).await, [6_000, 2_500, -8_500, 0]);

    // Two who settle the same in another order do not lock each other out.
    let (there, back) = (
        [(one, true), (two, false), (three, true)],
        [(three, true), (two, false), (one, true)],
    );
    let settle = async |of: &[(PayoutLine, bool)]| {
        posted(&db, async |conn| ledger::settle_payouts(conn, of).await)
            .await
            .unwrap()
    };
    let (there, back) = tokio::join!(settle(&there), settle(&back));
    let now = there
        .iter()
        .chain(&back)
        .filter(|posted| matches!(posted, Posted::Now(_)));
    assert_eq!(now.count(), 3, "{there:?} {back:?}");
    assert_eq!(balances(&db, &accounts).await, [6_000, 0, 0, -6_000]);
    assert_right(&db).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p14_p15_what_is_taken_back_after_it_was_paid_out_is_a_debt_of_theirs(db: PgPool) {
    let talent = Uuid::new_v4();
    let (one, two) = (sold(&db, talent, 10_000).await, sold(&db, talent, 10_000).await);
    let paid_out = line(Account::Talent(talent), 15_000);
    posted(&db, async |conn| ledger::approve_payouts(conn, &[paid_out]).await)
        .await
        .unwrap();
    posted(&db, async |conn| {
        ledger::settle_payouts(conn, &[(paid_out, true)]).await
    })
    .await
    .unwrap();

    posted(&db, async |conn| ledger::refund(conn, of(one, 10_000)).await)
        .await
        .unwrap();
    assert_eq!(balances(&db, &[Account::Talent(talent)]).await, [7_500]);
    let dispute = of(two, 10_000);
    posted(&db, async |conn| ledger::open_dispute(conn, dispute).await)
        .await
        .unwrap();
    posted(&db, async |conn| ledger::lose_dispute(conn, dispute).await)
        .await
        .unwrap();
    assert_eq!(balances(&db, &[Account::Talent(talent)]).await, [15_000]);
    assert_right(&db).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_payment_is_in_one_currency(db: PgPool) {
    let arrived = of(Uuid::new_v4(), 10_000);
    posted(&db, async |conn| ledger::capture(conn, arrived).await)
        .await
        .unwrap();
    let dollars: Currency = "USD".parse().unwrap();
    let other = FromPayment {
        by: Uuid::new_v4(),
        amount: Money::new(10_000, dollars).unwrap(),
        ..arrived
    };
    let refused = posted(&db, async |conn| ledger::refund(conn, other).await).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(Refused::OtherCurrency { .. }))
    ));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_posting_that_is_refused_leaves_its_transaction_fit_for_use(db: PgPool) {
    let payment = Uuid::new_v4();
    let mut tx = db.begin().await.unwrap();
    let refused = ledger::refund(&mut tx, of(payment, 1)).await;
    assert!(matches!(refused, Err(Error::Refused(_))));
    ledger::capture(&mut tx, of(payment, 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_right(&db).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_read_balances_entries_and_transactions_page_by_page(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let talent = Uuid::new_v4();
    let (one, two) = (sold(&db, talent, 10_000).await, sold(&db, talent, 5_000).await);
    posted(&db, async |conn| ledger::fee(conn, of(two, 350)).await)
        .await
        .unwrap();

    let (status, trial) = app.get("/v1/books/trial-balance").await;
    assert_eq!(status, StatusCode::OK);
    let lines = trial["items"].as_array().unwrap();
    assert_eq!(
        lines
            .iter()
            .map(|line| line["balance_minor"].as_i64().unwrap())
            .sum::<i64>(),
        0
    );
    let gateway = lines.iter().find(|line| line["kind"] == "gateway").unwrap();
    assert_eq!(
        (&gateway["debit_minor"], &gateway["credit_minor"]),
        (&15_000.into(), &350.into())
    );

    let (_, owed) = app
        .get(&format!(
            "/v1/books/balances?kind=talent&owner={talent}&currency=BRL"
        ))
        .await;
    let account = &owed["items"][0];
    assert_eq!(
        (&account["balance_minor"], &account["entries"]),
        (&(-11_250).into(), &2.into())
    );
    let id = account["id"].as_str().unwrap();
    assert_eq!(app.get(&format!("/v1/books/balances/{id}")).await.1, *account);

    let (_, page) = app.get(&format!("/v1/books/balances/{id}/entries?limit=1")).await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, rest) = app
        .get(&format!(
            "/v1/books/balances/{id}/entries?limit=1&cursor={cursor}"
        ))
        .await;
    let amounts = [&page, &rest].map(|page| page["items"][0]["amount_minor"].as_i64().unwrap());
    assert_eq!(
        (amounts, &rest["next_cursor"]),
        ([-3_750, -7_500], &serde_json::Value::Null)
    );

    let (_, page) = app
        .get(&format!("/v1/books/transactions?cause=payment/{two}"))
        .await;
    let kinds: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["fee", "sale", "capture"]);
    let fee = &page["items"][0];
    let (_, shown) = app
        .get(&format!("/v1/books/transactions/{}", fee["id"].as_str().unwrap()))
        .await;
    assert_eq!(shown, *fee);
    let (_, page) = app.get("/v1/books/transactions?kind=sale&limit=1").await;
    assert_eq!(page["items"][0]["cause"], format!("payment/{two}"));
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, page) = app
        .get(&format!(
            "/v1/books/transactions?kind=sale&limit=1&cursor={cursor}"
        ))
        .await;
    assert_eq!(page["items"][0]["cause"], format!("payment/{one}"));

    for (path, code) in [
        (format!("/v1/books/balances/{talent}"), "account_unknown"),
        (format!("/v1/books/balances/{talent}/entries"), "account_unknown"),
        (format!("/v1/books/transactions/{talent}"), "transaction_unknown"),
    ] {
        let (status, problem) = app.get(&path).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &code.into()),
            "{path}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_dispute_is_not_lost_before_anything_was_captured(db: PgPool) {
    let payment = Uuid::new_v4();
    let lost = of(payment, 3_000);
    posted(&db, async |conn| ledger::open_dispute(conn, lost).await)
        .await
        .unwrap();

    let early = posted(&db, async |conn| ledger::lose_dispute(conn, lost).await).await;
    assert!(
        matches!(early, Err(Error::Refused(Refused::NotCaptured))),
        "{early:?}"
    );
    posted(&db, async |conn| ledger::capture(conn, of(payment, 1_000)).await)
        .await
        .unwrap();
    posted(&db, async |conn| ledger::lose_dispute(conn, lost).await)
        .await
        .unwrap();

    let after = balances(
        &db,
        &[Account::CustomerFunds, Account::Platform, Account::DisputeHold],
    )
    .await;
    assert_eq!(after, [0, 2_000, 0]);
}
