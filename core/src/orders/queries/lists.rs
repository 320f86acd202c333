use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::{Currency, Money, Shares};
use crate::orders::domain::Status;
use crate::orders::{Error, Price};
use crate::platform::paging::{BadCursor, List, Page};

/// An order in a list of its customer's
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OrderItem)]
pub struct OrderItem {
    pub id: Uuid,
    #[schema(inline)]
    pub status: Status,
    pub talent_id: Uuid,
    #[schema(example = "Ana Lima")]
    pub talent_name: String,
    #[schema(example = "Bia")]
    pub is_to: String,
    /// What is paid
    pub price: Money,
    #[serde(with = "time::serde::rfc3339::option")]
    pub deadline_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
}

/// An order in a talent's inbox
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = InboxItem)]
pub struct InboxItem {
    pub id: Uuid,
    #[schema(inline)]
    pub status: Status,
    #[schema(example = "Caio")]
    pub is_from: String,
    #[schema(example = "Bia")]
    pub is_to: String,
    #[schema(example = "Wish her a happy birthday, and sing.")]
    pub instruction: String,
    #[schema(example = "birthday")]
    pub occasion: Option<String>,
    #[schema(example = false)]
    pub is_public: bool,
    /// What the talent gets
    pub talent_share: Option<Money>,
    /// Until when the video may be sent
    #[serde(with = "time::serde::rfc3339")]
    pub deadline_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
}

/// A customer's own, newest first: also what was ordered without an account by the address that is confirmed as theirs.
pub async fn of_customer(
    conn: &mut PgConnection,
    customer: Uuid,
    status: Option<Status>,
    page: Page,
) -> Result<List<OrderItem>, Error> {
    let rows = sqlx::query!(
        r#"select purchase.id, status "status: Status", talent_id, talent.name, is_to, list_minor, discount_minor,
            promotion, purchase.currency, deadline_at, placed_at
        from orders.purchase
        join catalogue.talent on talent.id = talent_id
        where (
                customer_id = $1
                or (customer_id is null and lower(purchase.email) = (
                    select lower(email) from accounts.person where id = $1 and erased_at is null
                ))
            )
            and ($2::text is null or status = $2)
            and ($3::uuid is null or purchase.id < $3)
        order by purchase.id desc
        limit $4"#,
        customer,
        status.map(Status::name),
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let items = rows.into_iter().map(|row| {
        let currency: Currency = row.currency.parse()?;
        let price = Price::new(
            Money::new(row.list_minor, currency)?,
            row.discount_minor,
            row.promotion,
        )?;
        Ok(OrderItem {
            id: row.id,
            status: row.status,
            talent_id: row.talent_id,
            talent_name: row.name,
            is_to: row.is_to,
            price: price.due(),
            deadline_at: row.deadline_at,
            placed_at: row.placed_at,
        })
    });
    let items = items.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(page.list(items, |item: &OrderItem| item.id))
}

/// Where a page of an inbox begins: behind this one.
struct After {
    deadline_at: OffsetDateTime,
    id: Uuid,
}

impl After {
    fn read(cursor: &str) -> Option<Self> {
        let (micros, id) = cursor.split_once('_')?;
        let nanos = i128::from(micros.parse::<i64>().ok()?).checked_mul(1_000)?;
        Some(Self {
            deadline_at: OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?,
            id: Uuid::try_parse(id).ok()?,
        })
    }

    fn write(item: &InboxItem) -> String {
        format!("{}_{}", item.deadline_at.unix_timestamp_nanos() / 1_000, item.id)
    }
}

/// A talent's orders of one status, those that are due first before others. What was never paid for is not there.
pub async fn inbox(
    conn: &mut PgConnection,
    talent: Uuid,
    status: Status,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<List<InboxItem>, Error> {
    let page = Page::new(None, limit)?;
    let after = cursor
        .map(|cursor| After::read(cursor).ok_or(BadCursor))
        .transpose()?;
    let rows = sqlx::query!(
        r#"select id, status "status: Status", is_from, is_to, instruction, occasion, is_public, list_minor, currency,
            talent_bp, agency_bp, deadline_at "deadline_at!", placed_at
        from orders.purchase
        where talent_id = $1 and status = $2 and deadline_at is not null
            and ($3::timestamptz is null or (deadline_at, id) > ($3, $4))
        order by deadline_at, id
        limit $5"#,
        talent,
        status.name(),
        after.as_ref().map(|after| after.deadline_at),
        after.as_ref().map(|after| after.id),
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let items = rows.into_iter().map(|row| {
        let list = Money::new(row.list_minor, row.currency.parse()?)?;
        let share_minor = Shares::new(row.talent_bp, row.agency_bp)?
            .split(list)
            .talent_minor;
        Ok(InboxItem {
            id: row.id,
            status: row.status,
            is_from: row.is_from,
            is_to: row.is_to,
            instruction: row.instruction,
            occasion: row.occasion,
            is_public: row.is_public,
            talent_share: Money::new(share_minor, list.currency()).ok(),
            deadline_at: row.deadline_at,
            placed_at: row.placed_at,
        })
    });
    let items = items.collect::<anyhow::Result<Vec<_>>>()?;
    let mut list = page.list(items, |item: &InboxItem| item.id);
    if list.next_cursor.is_some() {
        list.next_cursor = list.items.last().map(After::write);
    }
    Ok(list)
}
