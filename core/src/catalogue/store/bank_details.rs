use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::app::App;
use crate::catalogue::domain::{BankDetails, Payee};
use crate::ids;
use crate::platform::sealed;

/// Holds a payee's row, if there is one, until the transaction ends.
pub(in crate::catalogue) async fn lock_payee(conn: &mut PgConnection, payee: Payee) -> sqlx::Result<()> {
    match payee {
        Payee::Talent(id) => {
            sqlx::query!("select id from catalogue.talent where id = $1 for update", id)
                .fetch_optional(conn)
                .await?;
        }
        Payee::Agency(id) => {
            sqlx::query!("select id from catalogue.agency where id = $1 for update", id)
                .fetch_optional(conn)
                .await?;
        }
    }
    Ok(())
}

/// All of it, which leaves this feature only to pay out.
pub(in crate::catalogue) struct BankDetailsRow {
    pub(in crate::catalogue) details: BankDetails,
    pub(in crate::catalogue) version: i64,
    pub(in crate::catalogue) updated_at: OffsetDateTime,
}

pub(in crate::catalogue) async fn bank_details(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
) -> anyhow::Result<Option<BankDetailsRow>> {
    let row = sqlx::query!(
        "select version, details, updated_at
        from catalogue.bank_details
        where talent_id = $1 or agency_id = $2",
        payee.talent(),
        payee.agency(),
    )
    .fetch_optional(conn)
    .await?;
    let opened = row.map(|row| {
        let plain = sealed::open(&app.config.data_keys, &place(payee), &row.details)?;
        anyhow::Ok(BankDetailsRow {
            details: serde_json::from_slice(&plain)?,
            version: row.version,
            updated_at: row.updated_at,
        })
    });
    opened.transpose()
}

/// By the ids of whose they are; who has none is not among them.
pub(in crate::catalogue) async fn bank_details_of(
    conn: &mut PgConnection,
    app: &App,
    talents: &[Uuid],
    agencies: &[Uuid],
) -> anyhow::Result<HashMap<Uuid, BankDetails>> {
    let rows = sqlx::query!(
        "select talent_id, agency_id, details
        from catalogue.bank_details
        where talent_id = any($1) or agency_id = any($2)",
        talents,
        agencies,
    )
    .fetch_all(conn)
    .await?;
    let opened = rows.into_iter().filter_map(|row| {
        let talent = row.talent_id.map(Payee::Talent);
        let payee = talent.or(row.agency_id.map(Payee::Agency))?;
        let open = || {
            let plain = sealed::open(&app.config.data_keys, &place(payee), &row.details)?;
            Ok((payee.id(), serde_json::from_slice(&plain)?))
        };
        Some(open())
    });
    opened.collect()
}

/// What a payee's details are sealed for.
fn place(payee: Payee) -> String {
    format!("catalogue.bank_details/{}", payee.subject())
}

/// Puts these in place of those before, sealed. False: another payee of its kind has the account.
pub(in crate::catalogue) async fn replace_bank_details(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
    new: &BankDetails,
) -> anyhow::Result<bool> {
    let keys = &app.config.data_keys;
    let details = sealed::seal(keys, &place(payee), &serde_json::to_vec(new)?)?;
    let hashes = sealed::hashes(keys, "catalogue.bank_details", new.account().as_bytes());
    delete_bank_details(&mut *conn, payee).await?;
    // Of two at once the second waits for the first, by the unique index, and then inserts nothing.
    let inserted = sqlx::query!(
        "insert into catalogue.bank_details (id, talent_id, agency_id, details, account_hash, updated_at)
        select $1, $2, $3, $4, $5, $6
        where not exists (
            select from catalogue.bank_details
            where account_hash = any($7) and (talent_id is null) = ($2::uuid is null)
        )
        on conflict do nothing",
        ids::fresh(app.now()),
        payee.talent(),
        payee.agency(),
        details,
        hashes.first(),
        app.now(),
        &hashes,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(in crate::catalogue) async fn delete_bank_details(
    conn: &mut PgConnection,
    payee: Payee,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from catalogue.bank_details where talent_id = $1 or agency_id = $2",
        payee.talent(),
        payee.agency(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Of the talent that a person is.
pub(in crate::catalogue) async fn delete_bank_details_of(
    conn: &mut PgConnection,
    person: Uuid,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from catalogue.bank_details
        where talent_id in (select id from catalogue.talent where person_id = $1)",
        person
    )
    .execute(conn)
    .await?;
    Ok(())
}
