//! What Postgres refuses, whoever asks.

use marquee_core::ledger::{self, Account};
use sqlx::{Executor, PgPool};
use uuid::Uuid;

use super::{balances, of, posted, sold};

/// What is said against it: by the statement, or when it is committed.
async fn refusal(db: &PgPool, sql: &str) -> String {
    let mut tx = db.begin().await.unwrap();
    let refused = match tx
        .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())))
        .await
    {
        Ok(_) => tx.commit().await,
        Err(error) => Err(error),
    };
    refused.expect_err(sql).to_string()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_posted_cannot_be_changed_or_removed_even_by_who_owns_the_tables(db: PgPool) {
    let talent = Uuid::new_v4();
    sold(&db, talent, 10_000).await;
    for table in ["account", "transaction", "entry", "balance_part"] {
        for sql in [
            format!("delete from ledger.{table}"),
            format!("truncate ledger.{table} cascade"),
        ] {
            assert!(refusal(&db, &sql).await.contains("append only"), "{sql}");
        }
    }
    for sql in [
        "update ledger.account set owner_id = gen_random_uuid()",
        "update ledger.transaction set occurred_at = now()",
        "update ledger.entry set amount_minor = amount_minor * 2",
        "update ledger.balance_part set debit_minor = 0",
        "insert into ledger.balance_part (account, debit_minor, credit_minor, entries)
            select id, 1, 0, 1 from ledger.account",
    ] {
        assert!(refusal(&db, sql).await.contains("append only"), "{sql}");
    }
    assert_eq!(balances(&db, &[Account::Talent(talent)]).await, [-7_500]);

    let owner_may = "select count(*) from unnest(array['account', 'transaction', 'entry', 'balance_part']) as name
        where (select relacl::text from pg_class where oid = ('ledger.' || name)::regclass) ~ '=[a-zA-Z]*[dD]'";
    let may_remove: i64 = sqlx::query_scalar(owner_may).fetch_one(&db).await.unwrap();
    assert_eq!(may_remove, 0, "nobody has the right to delete or truncate");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_does_not_balance_is_not_committed(db: PgPool) {
    sold(&db, Uuid::new_v4(), 10_000).await;
    let transaction = "insert into ledger.transaction (id, kind, reference, cause, told, occurred_at)
        values ('00000000-0000-0000-0000-000000000001', 'capture', 'x', 'x', '{}', now());";
    let entry = |kind: &str, amount: i64, currency: &str| {
        format!(
            "insert into ledger.entry (id, transaction, account, amount_minor, currency)
            select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', id, {amount}, '{currency}'
            from ledger.account where kind = '{kind}' and currency = '{currency}';"
        )
    };
    let dollars = "insert into ledger.account (id, kind, currency, created_at)
        values (gen_random_uuid(), 'gateway', 'USD', now()), (gen_random_uuid(), 'customer_funds', 'USD', now());";
    for (entries, says) in [
        (String::new(), "it takes two to balance"),
        (entry("gateway", 5, "BRL"), "it takes two to balance"),
        (
            entry("gateway", 5, "BRL") + &entry("customer_funds", -4, "BRL"),
            "is off by 1 BRL",
        ),
        (
            dollars.to_owned() + &entry("gateway", 5, "BRL") + &entry("customer_funds", -5, "USD"),
            "is off by",
        ),
        (
            // Balanced when asked early, and not afterwards.
            entry("gateway", 5, "BRL")
                + &entry("customer_funds", -5, "BRL")
                + "set constraints all immediate; set constraints all deferred;"
                + &entry("gateway", 5, "BRL"),
            "is off by 5 BRL",
        ),
    ] {
        let refusal = refusal(&db, &(transaction.to_owned() + &entries)).await;
        assert!(refusal.contains(says), "{entries}: {refusal}");
    }
    let foreign = transaction.to_owned()
        + "insert into ledger.entry (id, transaction, account, amount_minor, currency)
        select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', id, 1, 'USD' from ledger.account limit 1";
    assert!(refusal(&db, &foreign).await.contains("foreign key"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn entries_cannot_be_added_to_a_transaction_that_is_over(db: PgPool) {
    let arrived = of(Uuid::new_v4(), 10_000);
    posted(&db, async |conn| ledger::capture(conn, arrived).await)
        .await
        .unwrap();
    let more = "insert into ledger.entry (id, transaction, account, amount_minor, currency)
        select gen_random_uuid(), transaction, account, -amount_minor, currency from ledger.entry";
    assert!(refusal(&db, more).await.contains("not later"));
}
