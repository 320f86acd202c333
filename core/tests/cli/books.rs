//! `marquee books`: an exit code that never says that all is well when it is not.

use serde_json::Value;
use sqlx::{Executor, PgPool};

use super::{marquee_on, output};

const CAPTURED: &str = "
    insert into payments.payment (id, order_id, gateway, method, amount_minor, currency, status, authorized_minor,
            captured_minor, created_at, changed_at)
        values ('00000000-0000-0000-0000-000000000004', gen_random_uuid(), 'sandbox', 'x', 15000, 'BRL', 'captured',
            15000, 15000, now(), now());
    insert into ledger.account (id, kind, currency, created_at) values
        ('00000000-0000-0000-0000-000000000001', 'gateway', 'BRL', now()),
        ('00000000-0000-0000-0000-000000000002', 'customer_funds', 'BRL', now());
    begin;
    insert into ledger.transaction (id, kind, reference, cause, told, occurred_at)
        values ('00000000-0000-0000-0000-000000000003', 'capture', 'capture/1', 'payment/00000000-0000-0000-0000-000000000004', '{}', now());
    insert into ledger.entry (id, transaction, account, amount_minor, currency) values
        (gen_random_uuid(), '00000000-0000-0000-0000-000000000003',
            '00000000-0000-0000-0000-000000000001', 15000, 'BRL'),
        (gen_random_uuid(), '00000000-0000-0000-0000-000000000003',
            '00000000-0000-0000-0000-000000000002', -15000, 'BRL');
    commit;";

#[sqlx::test(migrations = false)]
async fn the_books_are_shown_and_what_is_wrong_with_them_is_an_exit_code(db: PgPool) {
    let run = async |words: &str| output(marquee_on(&db, &words.split(' ').collect::<Vec<_>>())).await;
    run("migrate").await;
    db.execute(sqlx::raw_sql(CAPTURED)).await.unwrap();

    let (code, out, _) = run("books check").await;
    assert_eq!(code, Some(0), "{out}");
    let (_, out, _) = run("books trial").await;
    assert!(out.contains("customer_funds") && out.contains("-15000"), "{out}");
    let (_, out, _) = run("books balances --kind gateway --json").await;
    let balances: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(balances["items"][0]["balance_minor"], 15_000);
    let (_, out, _) = run("books entries 00000000-0000-0000-0000-000000000001").await;
    assert!(
        out.contains("payment/00000000-0000-0000-0000-000000000004"),
        "{out}"
    );
    let (_, out, _) = run("books transactions --cause payment/00000000-0000-0000-0000-000000000004").await;
    assert!(out.contains("capture"), "{out}");
    let (_, out, _) = run("books show 00000000-0000-0000-0000-000000000003").await;
    assert!(out.contains("15000"), "{out}");
    let (code, _, errors) = run("books show 00000000-0000-0000-0000-000000000009").await;
    assert_eq!(
        (code, errors.trim()),
        (Some(1), "marquee: there is no such transaction")
    );

    let mut conn = db.acquire().await.unwrap();
    conn.execute("set session_replication_role = replica")
        .await
        .unwrap();
    conn.execute("update ledger.entry set amount_minor = 14999 where amount_minor > 0")
        .await
        .unwrap();
    let (code, out, _) = run("books check").await;
    assert_eq!(code, Some(3), "{out}");
    assert!(
        out.contains("transaction/00000000-0000-0000-0000-000000000003"),
        "{out}"
    );
    let (code, out, _) = run("books check --json").await;
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["fine"]), (Some(3), &Value::Bool(false)));
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["check"] == "balanced")
    );
}
