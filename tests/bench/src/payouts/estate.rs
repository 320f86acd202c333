//! Talents with accounts, and what they sold: written by SQL where the API would take an hour.

use std::time::Instant;

use anyhow::{Context, Result};
use marquee_core::access::Principal;
use marquee_core::app::App;
use marquee_core::catalogue::{self, AccountType, BankDetails, Payee};
use marquee_core::payouts::Month;
use sqlx::Executor as _;
use uuid::Uuid;

use crate::catalogue::estate;

/// How a row of the file ends before and after somebody has answered it.
pub(super) const UNANSWERED: &str = "341 - Itau,,";
pub(super) const PAID: &str = "341 - Itau,yes,";

/// As the catalogue's estate calls the nth of its talents.
pub(super) fn talent(n: i32) -> Uuid {
    Uuid::from_u128(0x0198_d3a2_6f0f_7000_8000_0000_0000_0000 | u128::from(n.unsigned_abs()))
}

/// So many talents whose accounts are known.
pub(super) async fn fill(app: &App, talents: i32) -> Result<()> {
    estate::fill(&app.db, talents).await?;
    app.db.execute(LIMIT_TABLE).await?;
    for n in 1..=talents {
        let details = BankDetails {
            bank: "341".to_owned(),
            bank_name: "Itau".to_owned(),
            branch: "0001".to_owned(),
            account_number: (10_000_000 + n).to_string(),
            account_digit: "6".to_owned(),
            account_type: AccountType::Checking,
            holder_name: format!("Talent {n}"),
            tax_document: "111.444.777-35".to_owned(),
        };
        let payee = Payee::Talent(talent(n));
        catalogue::set_bank_details(app, &Principal::operator(), payee, None, None, details)
            .await
            .with_context(|| format!("the account of talent {n}"))?;
    }
    Ok(())
}

/// One sale for each, on the second day of the month; the ledger's own triggers look at it.
pub(super) async fn sell(app: &App, month: Month, talents: i32) -> Result<()> {
    let at = month.begins_at(&app.config.zone) + time::Duration::DAY;
    let mut tx = app.db.begin().await?;
    for statement in [ACCOUNTS, SALES] {
        sqlx::query(statement)
            .bind(talents)
            .bind(at)
            .execute(&mut *tx)
            .await
            .context("selling")?;
    }
    tx.commit().await?;
    app.db.execute("analyze").await.context("gathering statistics")?;
    Ok(())
}

/// How many seconds as many rows take that are only written.
pub(super) async fn copy(app: &App, rows: i32) -> Result<f64> {
    let begun = Instant::now();
    sqlx::query("insert into bench_line (line, amount_minor, detail) select gen_random_uuid(), n, repeat('x', 200) from generate_series(1, $1) as n")
        .bind(rows)
        .execute(&app.db)
        .await?;
    Ok(begun.elapsed().as_secs_f64())
}

const LIMIT_TABLE: &str = "create table bench_line (line uuid, amount_minor bigint, detail text)";

/// $1 how many talents, $2 when.
const ACCOUNTS: &str = "
    insert into ledger.account (id, kind, owner_id, currency, created_at)
    select gen_random_uuid(), 'talent', ('0198d3a2-6f0f-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'BRL', $2
    from generate_series(1, $1) as n
    union all
    select gen_random_uuid(), 'platform', null, 'BRL', $2
    on conflict do nothing";

/// $1 how many talents, $2 when. Of 200.00 the talent gets 150.00.
const SALES: &str = "
    with sale as (
        insert into ledger.transaction (id, kind, reference, cause, told, occurred_at)
        select
            gen_random_uuid(), 'sale', 'sale/' || gen_random_uuid(), 'payment/' || gen_random_uuid(),
            jsonb_build_object(
                'paid_minor', 20000, 'promo_minor', 0, 'shares', jsonb_build_object('talent_bp', 7500, 'agency_bp', 0),
                'talent', ('0198d3a2-6f0f-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
            ), $2
        from generate_series(1, $1) as n
        returning id, (told->>'talent')::uuid as talent
    )
    insert into ledger.entry (id, transaction, account, amount_minor, currency)
    select gen_random_uuid(), sale.id, account.id, side.amount_minor, 'BRL'
    from sale
    cross join (values ('talent', -15000), ('platform', 15000)) as side (kind, amount_minor)
    join ledger.account on account.kind = side.kind and account.currency = 'BRL'
        and (account.owner_id is null or account.owner_id = sale.talent)";
