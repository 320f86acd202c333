use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::payouts::domain::Owed;

/// What somebody is owed at the end of a month, and by which entries of the ledger.
pub(in crate::payouts) struct OwedTo {
    pub(in crate::payouts) talent: Option<Uuid>,
    pub(in crate::payouts) agency: Option<Uuid>,
    pub(in crate::payouts) name: String,
    /// Of a talent who was not erased.
    pub(in crate::payouts) email: Option<String>,
    pub(in crate::payouts) sales: i32,
    pub(in crate::payouts) owed: Owed,
    pub(in crate::payouts) entries: Vec<Uuid>,
}

/// Everybody's, by their ids: what no payout pays yet of all that came before `ends_at`, less all that was taken back by
/// now, so that nobody is paid what is known to be taken back.
pub(in crate::payouts) async fn owed(
    conn: &mut PgConnection,
    currency: &str,
    ends_at: OffsetDateTime,
) -> sqlx::Result<Vec<OwedTo>> {
    let rows = sqlx::query!(
        r#"with open as (
            select
                account.kind, account.owner_id,
                count(*) filter (where transaction.kind = 'sale')::int sales,
                coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0)::bigint gross_minor,
                coalesce(sum(amount_minor) filter (where amount_minor > 0), 0)::bigint reversed_minor,
                array_agg(entry.id order by entry.id) entries
            from ledger.account
            join ledger.entry on entry.account = account.id
            join ledger.transaction on transaction.id = entry.transaction
            where account.kind in ('talent', 'agency') and account.currency = $1
                and transaction.kind not in ('payout_approved', 'payout_paid', 'payout_rejected')
                and (occurred_at < $2 or amount_minor > 0)
                and not exists (select from payouts.item where entry_id = entry.id and not released)
            group by account.kind, account.owner_id
        )
        select
            talent.id "talent?", agency.id "agency?", coalesce(talent.name, agency.name, '') "name!", person.email "email?",
            sales "sales!", gross_minor "gross_minor!", reversed_minor "reversed_minor!", entries "entries!",
            exists (
                select from catalogue.bank_details
                where bank_details.talent_id = talent.id or bank_details.agency_id = agency.id
            ) "has_bank_details!"
        from open
        left join catalogue.talent on open.kind = 'talent' and talent.id = owner_id
        left join accounts.person on person.id = talent.person_id and erased_at is null
        left join catalogue.agency on open.kind = 'agency' and agency.id = owner_id
        order by owner_id"#,
        currency,
        ends_at,
    )
    .fetch_all(conn)
    .await?;
    let owed = rows.into_iter().map(|row| OwedTo {
        talent: row.talent,
        agency: row.agency,
        name: row.name,
        email: row.email,
        sales: row.sales,
        owed: Owed {
            gross_minor: row.gross_minor,
            reversed_minor: row.reversed_minor,
            has_bank_details: row.has_bank_details,
        },
        entries: row.entries,
    });
    Ok(owed.collect())
}
