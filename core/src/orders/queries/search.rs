use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row as _};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::{Currency, Money};
use crate::orders::domain::Status;
use crate::orders::{Error, Price};
use crate::platform::paging::{BadCursor, List, Page};

/// What comes first
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[schema(as = OrderSort)]
pub enum Sort {
    #[default]
    Newest,
    Oldest,
    /// What is due first; what was never paid for is not there.
    Deadline,
    /// The cheapest.
    Price,
    /// The dearest.
    #[serde(rename = "-price")]
    #[clap(name = "-price")]
    PriceDown,
}

impl Sort {
    /// By what it is sorted before the id, and whether the last comes first.
    fn key(self) -> (&'static str, bool) {
        match self {
            Self::Newest => ("0", true),
            Self::Oldest => ("0", false),
            // Exact: a timestamp is kept as microseconds.
            Self::Deadline => ("(extract(epoch from deadline_at) * 1000000)::bigint", false),
            Self::Price => ("list_minor - discount_minor", false),
            Self::PriceDown => ("list_minor - discount_minor", true),
        }
    }
}

/// Which orders; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Part of a name, of the occasion or of the instruction, accents and capitals apart; or the whole id of the order, its
    /// customer, its payment or its upload.
    pub text: Option<String>,
    pub status: Option<Status>,
    pub talent: Option<Uuid>,
    pub agency: Option<Uuid>,
    /// A person.
    pub customer: Option<Uuid>,
    /// The whole address, large or small.
    pub email: Option<String>,
    /// Any of its payments, by the gateway's name for it.
    pub payment_reference: Option<String>,
    /// Placed at or after.
    pub placed_from: Option<OffsetDateTime>,
    /// Placed before.
    pub placed_until: Option<OffsetDateTime>,
    pub deadline_before: Option<OffsetDateTime>,
    /// What is paid, in the smallest unit of `currency`.
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub currency: Option<Currency>,
    pub sort: Sort,
}

/// An order, as staff find it
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FoundOrder)]
pub struct FoundOrder {
    pub id: Uuid,
    #[schema(inline)]
    pub status: Status,
    pub talent_id: Uuid,
    #[schema(example = "Ana Lima")]
    pub talent_name: String,
    pub agency_id: Option<Uuid>,
    /// `null`: a guest
    pub customer_id: Option<Uuid>,
    /// `null`: the customer was erased
    #[schema(example = "caio@acme.example")]
    pub email: Option<String>,
    #[schema(example = "Bia")]
    pub is_to: String,
    /// What is paid
    pub price: Money,
    /// The one that counts
    pub payment_id: Uuid,
    #[serde(with = "time::serde::rfc3339::option")]
    pub deadline_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
}

/// Orders of everybody, in a stable order.
///
/// # Errors
/// [`Error::Cursor`]; the database.
pub async fn search(
    conn: &mut PgConnection,
    search: &Search,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<List<FoundOrder>, Error> {
    let page = Page::new(None, limit)?;
    let after = cursor.map(After::read).transpose()?;
    let mut statement = statement(search, after.as_ref(), page.limit + 1);
    let rows = statement.build().fetch_all(conn).await?;
    let found: anyhow::Result<Vec<_>> = rows.iter().map(read).collect();
    let mut list = page.list(found?, |(order, _): &(FoundOrder, i64)| order.id);
    if list.next_cursor.is_some() {
        let last = list.items.last();
        list.next_cursor = last.map(|(order, key)| format!("{key}_{}", order.id));
    }
    Ok(List {
        items: list.items.into_iter().map(|(order, _)| order).collect(),
        next_cursor: list.next_cursor,
    })
}

/// Where a page begins: behind this one.
struct After {
    key: i64,
    id: Uuid,
}

impl After {
    fn read(cursor: &str) -> Result<Self, BadCursor> {
        let (key, id) = cursor.split_once('_').ok_or(BadCursor)?;
        Ok(Self {
            key: key.parse().map_err(|_| BadCursor)?,
            id: Uuid::try_parse(id).map_err(|_| BadCursor)?,
        })
    }
}

/// Only what was asked for is in it, so that Postgres plans for just that.
fn statement(search: &Search, after: Option<&After>, limit: i64) -> QueryBuilder<Postgres> {
    let (key, down) = search.sort.key();
    let mut sql = QueryBuilder::new(
        "select purchase.id, status, purchase.talent_id, talent.name as talent_name, purchase.agency_id, customer_id, email, is_to,
            list_minor, discount_minor, promotion, purchase.currency, payment_id, deadline_at, placed_at, (",
    );
    sql.push(key)
        .push(")::bigint as key from orders.purchase join catalogue.talent on talent.id = purchase.talent_id where true");
    push_filters(&mut sql, search);
    if search.sort == Sort::Deadline {
        sql.push(" and deadline_at is not null");
    }
    if let Some(After { key: value, id }) = after {
        let than = if down { "<" } else { ">" };
        sql.push(" and (").push(key).push(", purchase.id) ").push(than);
        sql.push(" (").push_bind(*value);
        sql.push(", ").push_bind(*id).push(")");
    }
    let direction = if down { " desc" } else { "" };
    sql.push(" order by ");
    if !matches!(search.sort, Sort::Newest | Sort::Oldest) {
        sql.push("key").push(direction).push(", ");
    }
    sql.push("purchase.id")
        .push(direction)
        .push(" limit ")
        .push_bind(limit);
    sql
}

fn push_filters(sql: &mut QueryBuilder<Postgres>, search: &Search) {
    if let Some(text) = &search.text {
        sql.push(
            " and (strpos(catalogue.plain(concat_ws(' ', is_from, is_to, occasion, instruction, talent.name)), \
                catalogue.plain(",
        );
        sql.push_bind(text.clone()).push(")) > 0");
        if let Ok(id) = Uuid::try_parse(text) {
            for column in ["purchase.id", "customer_id", "payment_id", "upload_id"] {
                sql.push(" or ").push(column).push(" = ").push_bind(id);
            }
        }
        sql.push(")");
    }
    if let Some(status) = search.status {
        sql.push(" and status = ").push_bind(status.name());
    }
    for (column, id) in [
        ("purchase.talent_id", search.talent),
        ("purchase.agency_id", search.agency),
        ("customer_id", search.customer),
    ] {
        if let Some(id) = id {
            sql.push(" and ").push(column).push(" = ").push_bind(id);
        }
    }
    if let Some(email) = &search.email {
        sql.push(" and lower(email) = lower(")
            .push_bind(email.clone())
            .push(")");
    }
    if let Some(reference) = &search.payment_reference {
        sql.push(" and purchase.id in (select order_id from payments.payment where reference = ");
        sql.push_bind(reference.clone()).push(")");
    }
    for (condition, at) in [
        (" and placed_at >= ", search.placed_from),
        (" and placed_at < ", search.placed_until),
        (" and deadline_at < ", search.deadline_before),
    ] {
        if let Some(at) = at {
            sql.push(condition).push_bind(at);
        }
    }
    for (condition, minor) in [
        (" and list_minor - discount_minor >= ", search.min_price),
        (" and list_minor - discount_minor <= ", search.max_price),
    ] {
        if let Some(minor) = minor {
            sql.push(condition).push_bind(minor);
        }
    }
    if let Some(currency) = search.currency {
        sql.push(" and purchase.currency = ")
            .push_bind(currency.to_string());
    }
}

fn read(row: &PgRow) -> anyhow::Result<(FoundOrder, i64)> {
    let currency: String = row.try_get("currency")?;
    let list = Money::new(row.try_get("list_minor")?, currency.parse()?)?;
    let price = Price::new(list, row.try_get("discount_minor")?, row.try_get("promotion")?)?;
    let order = FoundOrder {
        id: row.try_get("id")?,
        status: row.try_get("status")?,
        talent_id: row.try_get("talent_id")?,
        talent_name: row.try_get("talent_name")?,
        agency_id: row.try_get("agency_id")?,
        customer_id: row.try_get("customer_id")?,
        email: row.try_get("email")?,
        is_to: row.try_get("is_to")?,
        price: price.due(),
        payment_id: row.try_get("payment_id")?,
        deadline_at: row.try_get("deadline_at")?,
        placed_at: row.try_get("placed_at")?,
    };
    Ok((order, row.try_get("key")?))
}
