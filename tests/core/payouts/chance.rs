//! Many talents, sales, refunds and months by chance: what is paid is what was owed, to the cent.

use marquee_core::ledger::Account;
use marquee_tests::{Dice, Seed};
use sqlx::PgPool;
use time::Duration;

use super::Treasury;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o06_month_after_month_what_is_paid_and_what_is_owed_come_to_what_was_earned(db: PgPool) {
    let seed = Seed::choose();
    println!("{seed}");
    let mut dice = Dice::from(seed);
    let treasury = Treasury::new(db).await;
    let mut talents = Vec::new();
    for name in ["Ana", "Bia", "Cyd", "Dan", "Eva"] {
        talents.push(treasury.talent(name).await);
    }
    let mut payments = Vec::new();
    for _ in 0..4 {
        for _ in 0..dice.below(30) {
            let talent = talents[dice.below(talents.len() as u64) as usize];
            let amount_minor = 1 + dice.below(30_000) as i64;
            let payment = treasury.sold(talent, amount_minor, treasury.app.app.now()).await;
            payments.push((payment, amount_minor));
            treasury.app.advance(Duration::hours(dice.below(20) as i64));
        }
        for _ in 0..dice.below(5).min(payments.len() as u64) {
            let (payment, amount_minor) = payments.swap_remove(dice.below(payments.len() as u64) as usize);
            treasury
                .refunded(payment, 1 + dice.below(amount_minor as u64) as i64)
                .await;
        }
        treasury.app.advance(Duration::days(31));
        let preview = treasury.preview().await;
        let (status, payout) = treasury.create().await;
        if preview["lines"] == 0 {
            assert_eq!(payout["code"], "nothing_owed");
            continue;
        }
        assert!(status.is_success(), "{payout}");
        assert_eq!(payout["total_minor"], preview["total_minor"]);
        let (status, payout) = treasury.approve(&payout).await;
        assert!(status.is_success(), "{payout}");
        let id = payout["id"].as_str().unwrap();
        let rejected = ["ana", "bia", "cyd"][dice.below(3) as usize];
        let file = treasury
            .answered(id, |whose| if whose == rejected { "no" } else { "yes" })
            .await;
        let report = treasury.imported(id, &file).await;
        assert_eq!(report["findings"], serde_json::json!([]));
        assert_eq!(treasury.balance(Account::InTransit).await, 0);
        treasury.app.run_jobs().await;
        treasury.assert_books().await;
    }
    // Each line comes to the entries that it pays, and no entry is paid twice.
    let off: i64 = sqlx::query_scalar(
        "select count(*) from payouts.line
        where amount_minor <> (
            select -sum(entry.amount_minor) from payouts.item
            join ledger.entry on entry.id = entry_id
            where line_id = line.id
        )",
    )
    .fetch_one(&treasury.app.app.db)
    .await
    .unwrap();
    assert_eq!(off, 0);
    let mut owed = 0;
    for talent in talents {
        treasury.assert_statements(talent).await;
        owed += treasury.owed(talent).await;
    }
    let earned: i64 = sqlx::query_scalar(
        "select -coalesce(sum(amount_minor), 0)::bigint from ledger.entry
        join ledger.account on account.id = account
        join ledger.transaction on transaction.id = transaction
        where account.kind = 'talent' and transaction.kind in ('sale', 'refund')",
    )
    .fetch_one(&treasury.app.app.db)
    .await
    .unwrap();
    assert_eq!(earned, owed - treasury.balance(Account::Bank).await);
}
