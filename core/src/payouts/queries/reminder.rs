use sqlx::PgConnection;
use uuid::Uuid;

use crate::locale::Locale;
use crate::money::Currency;
use crate::payouts::domain::Month;

/// A member of the staff, as one writes to them.
pub(in crate::payouts) struct Maker {
    pub(in crate::payouts) id: Uuid,
    pub(in crate::payouts) email: String,
    pub(in crate::payouts) name: String,
    pub(in crate::payouts) locale: Locale,
}

/// Who may make payouts.
pub(in crate::payouts) async fn may_create(conn: &mut PgConnection) -> sqlx::Result<Vec<Maker>> {
    sqlx::query_as!(
        Maker,
        r#"select id, email, name, locale "locale: Locale"
        from accounts.staff
        join accounts.person using (id)
        where suspended_at is null and erased_at is null and exists (
            select from accounts.staff_grant
            where staff = id and permission = 'payouts.create' and brand is null
        )
        order by id"#,
    )
    .fetch_all(conn)
    .await
}

/// Whether somebody has begun to pay a month out, or has done so.
pub(in crate::payouts) async fn has_payout(
    conn: &mut PgConnection,
    month: Month,
    currency: Currency,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from payouts.batch where month = $1 and currency = $2 and status <> 'cancelled'
        ) "has!""#,
        month.first_day(),
        currency.code(),
    )
    .fetch_one(conn)
    .await
}
