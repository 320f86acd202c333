use clap::{Args, Subcommand};
use std::io::Write as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, parse_time, show, show_one, stdout};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::money::{Currency, Money};
use crate::orders::queries::{self, As, OrderView, RedoStatus, Search, Sort};
use crate::orders::{self, Canceller, Decision, Error, Refund, Status};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Orders {
    /// Find what customers ordered
    #[command(visible_alias = "list")]
    Search(Find),
    /// An order, with every step that it took
    Show { order: Uuid },
    /// All that happened to an order: steps, calls of the gateway, mails, postings
    Timeline {
        order: Uuid,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Call an order off that is not paid yet: what is held for it is let go
    Cancel {
        order: Uuid,
        /// Why; the customer and the talent read it
        #[arg(long)]
        reason: Option<String>,
    },
    /// Give some or all of what was paid for a delivered order back
    Refund {
        order: Uuid,
        /// In the currency's smallest unit; all that is left unless given
        #[arg(long, value_name = "MINOR")]
        amount: Option<i64>,
        /// Why, for staff
        #[arg(long)]
        reason: String,
        /// Let the customer keep the video even if nothing is left of what they paid
        #[arg(long)]
        keeps_video: bool,
    },
    /// What customers want made once more
    Redos {
        #[arg(long, value_enum)]
        status: Option<RedoStatus>,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Let the talent send another video, as an order's customer asks
    AgreeRedo {
        order: Uuid,
        /// What the customer reads
        #[arg(long)]
        answer: Option<String>,
    },
    /// Tell an order's customer that the video is not made once more
    DeclineRedo {
        order: Uuid,
        /// What the customer reads
        #[arg(long)]
        answer: Option<String>,
    },
    /// What was given back of an order
    Refunds {
        order: Uuid,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
}

#[derive(Args)]
pub(super) struct Find {
    /// Part of a name, of the occasion or of the instruction; or a whole id
    #[arg(long)]
    text: Option<String>,
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// Of this talent
    #[arg(long)]
    talent: Option<Uuid>,
    /// Of those who were this agency's talents then
    #[arg(long)]
    agency: Option<Uuid>,
    /// Of this person
    #[arg(long)]
    customer: Option<Uuid>,
    /// Of whom is written to there
    #[arg(long)]
    email: Option<String>,
    /// With a payment of this name at the gateway
    #[arg(long)]
    payment_reference: Option<String>,
    /// Placed at or after: 2026-11-01T03:00:00Z
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    from: Option<OffsetDateTime>,
    /// Placed before
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    until: Option<OffsetDateTime>,
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    deadline_before: Option<OffsetDateTime>,
    /// Paid at least, in the currency's smallest unit
    #[arg(long, value_name = "MINOR")]
    min_price: Option<i64>,
    /// Paid at most
    #[arg(long, value_name = "MINOR")]
    max_price: Option<i64>,
    #[arg(long)]
    currency: Option<Currency>,
    /// What comes first
    #[arg(long, value_enum, default_value = "newest", allow_hyphen_values = true)]
    sort: Sort,
    /// At most 100
    #[arg(long)]
    limit: Option<u32>,
    /// The next page of an earlier list
    #[arg(long, allow_hyphen_values = true)]
    cursor: Option<String>,
}

impl Orders {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::Search(find) => search(app, find, json).await?,
            Self::Show { order } => show_order(app, order, json).await?,
            Self::Timeline { order, limit, cursor } => {
                timeline(app, order, cursor.as_deref(), limit, json).await?;
            }
            Self::Cancel { order, reason } => {
                let by = Canceller::Staff(Principal::operator());
                orders::cancel(app, &by, order, reason.as_deref()).await?;
                show_order(app, order, json).await?;
            }
            Self::Refund {
                order,
                amount,
                reason,
                keeps_video,
            } => {
                let currency = queries::find(&mut *app.db.acquire().await?, app, order, As::Staff).await?;
                let currency = currency
                    .and_then(|order| order.price)
                    .ok_or(Error::Unknown)?
                    .currency();
                let refund = Refund {
                    amount: amount.map(|minor| Money::new(minor, currency)).transpose()?,
                    reason,
                    keeps_video,
                };
                let asked = orders::refund(app, &Principal::operator(), None, order, refund).await?;
                let found = queries::find_refund(&mut *app.db.acquire().await?, asked.refund).await?;
                show_one(&found, json, &asked.refund.to_string())?;
            }
            Self::Redos {
                status,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                redos(app, status, page, json).await?;
            }
            Self::AgreeRedo { order, answer } => decide(app, order, true, answer, json).await?,
            Self::DeclineRedo { order, answer } => decide(app, order, false, answer, json).await?,
            Self::Refunds { order, limit, cursor } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                refunds(app, order, page, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn search(app: &App, find: Find, json: bool) -> anyhow::Result<()> {
    let search = Search {
        text: find.text,
        status: find.status,
        talent: find.talent,
        agency: find.agency,
        customer: find.customer,
        email: find.email,
        payment_reference: find.payment_reference,
        placed_from: find.from,
        placed_until: find.until,
        deadline_before: find.deadline_before,
        min_price: find.min_price,
        max_price: find.max_price,
        currency: find.currency,
        sort: find.sort,
    };
    let mut conn = app.db.acquire().await?;
    let list = queries::search(&mut conn, &search, find.cursor.as_deref(), find.limit).await?;
    let mut table = Table::new(&["order", "placed", "talent", "for", "price", "status", "deadline"]);
    for order in &list.items {
        table.row([
            order.id.to_string(),
            instant(order.placed_at),
            order.talent_name.clone(),
            order.is_to.clone(),
            order.price.to_string(),
            order.status.name().to_owned(),
            order.deadline_at.map(instant).unwrap_or_default(),
        ]);
    }
    show(&list, &table, json, "no such orders")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

async fn timeline(
    app: &App,
    order: Uuid,
    cursor: Option<&str>,
    limit: Option<u32>,
    json: bool,
) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    queries::status(&mut conn, order).await?.ok_or(Error::Unknown)?;
    let list = queries::timeline(&mut conn, order, cursor, limit).await?;
    let mut table = Table::new(&["at", "where", "what", "amount", "detail", "by"]);
    for entry in &list.items {
        table.row([
            instant(entry.at),
            entry.kind.clone(),
            entry.what.clone(),
            entry.amount.map(|amount| amount.to_string()).unwrap_or_default(),
            entry.detail.clone().unwrap_or_default(),
            entry.by.clone().unwrap_or_default(),
        ]);
    }
    show(&list, &table, json, "nothing happened")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

async fn refunds(app: &App, order: Uuid, page: Page, json: bool) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    queries::status(&mut conn, order).await?.ok_or(Error::Unknown)?;
    let list = queries::list_refunds(&mut conn, order, true, page).await?;
    let mut table = Table::new(&["refund", "asked", "amount", "status", "why", "by"]);
    for refund in &list.items {
        table.row([
            refund.id.to_string(),
            instant(refund.created_at),
            refund.amount.to_string(),
            refund.status.name().to_owned(),
            refund.reason.clone().unwrap_or_default(),
            refund.by.clone().unwrap_or_default(),
        ]);
    }
    show(&list, &table, json, "nothing was given back")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

async fn redos(app: &App, status: Option<RedoStatus>, page: Page, json: bool) -> anyhow::Result<()> {
    let list = queries::list_redos(&mut *app.db.acquire().await?, None, status, page).await?;
    let mut table = Table::new(&["order", "asked", "status", "why", "answer"]);
    for redo in &list.items {
        table.row([
            redo.order_id.to_string(),
            instant(redo.asked_at),
            redo.status.name().to_owned(),
            redo.reason.clone(),
            redo.answer.clone().unwrap_or_default(),
        ]);
    }
    show(&list, &table, json, "nobody wants anything made once more")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

async fn decide(
    app: &App,
    order: Uuid,
    agreed: bool,
    answer: Option<String>,
    json: bool,
) -> anyhow::Result<()> {
    let decision = Decision { agreed, answer };
    orders::decide_redo(app, &Principal::operator(), order, decision).await?;
    let redo = queries::last_redo(&mut *app.db.acquire().await?, order).await?;
    let sentence = if agreed {
        "the talent may send another video"
    } else {
        "the customer is told"
    };
    show_one(&redo, json, sentence)
}

async fn show_order(app: &App, id: Uuid, json: bool) -> anyhow::Result<()> {
    let order = queries::find(&mut *app.db.acquire().await?, app, id, As::Staff).await?;
    let order = order.ok_or(Error::Unknown)?;
    if !json {
        writeln!(stdout(), "{}", told(&order))?;
    }
    let mut table = Table::new(&["at", "what", "from", "to", "by", "why"]);
    for entry in order.history.iter().flatten() {
        table.row([
            instant(entry.at),
            entry.event.clone(),
            entry.from.clone().unwrap_or_default(),
            entry.to.clone(),
            entry.by.clone().unwrap_or_else(|| entry.cause.clone()),
            entry.reason.clone().unwrap_or_default(),
        ]);
    }
    show(&order, &table, json, "nothing happened")?;
    Ok(())
}

/// In sentences.
fn told(order: &OrderView) -> String {
    let price = order.price.map(|price| price.to_string()).unwrap_or_default();
    let mut lines = vec![
        format!(
            "{} of {} for {}: {}",
            price,
            order.talent_name,
            order.is_to,
            order.status.name()
        ),
        format!(
            "to be delivered by {}",
            order.deadline_at.map_or("no time yet".to_owned(), instant)
        ),
    ];
    lines.extend(
        order
            .payment_id
            .map(|payment| format!("paid by the payment {payment}")),
    );
    lines.join("\n")
}
