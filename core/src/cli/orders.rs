use clap::Subcommand;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, show};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::orders::queries::{self, As, Filter, OrderView};
use crate::orders::{self, Cause, Error, Status};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Orders {
    /// What customers ordered, newest first
    List {
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// Of this talent
        #[arg(long)]
        talent: Option<Uuid>,
        /// Of this person
        #[arg(long)]
        customer: Option<Uuid>,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// An order, with everything that happened to it
    Show { order: Uuid },
    /// Call an order off that is not paid yet: what is held for it is let go
    Cancel {
        order: Uuid,
        /// Why; the customer and the talent read it
        #[arg(long)]
        reason: Option<String>,
    },
}

impl Orders {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::List {
                status,
                talent,
                customer,
                limit,
                cursor,
            } => {
                let filter = Filter {
                    status,
                    talent,
                    customer,
                };
                let page = Page::new(cursor.as_deref(), limit)?;
                list(app, &filter, page, json).await?;
            }
            Self::Show { order } => show_order(app, order, json).await?,
            Self::Cancel { order, reason } => {
                let cause = Cause::Staff(Principal::operator().id);
                orders::cancel(app, order, cause, reason.as_deref()).await?;
                show_order(app, order, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn list(app: &App, filter: &Filter, page: Page, json: bool) -> anyhow::Result<()> {
    let list = queries::list(&mut *app.db.acquire().await?, filter, page).await?;
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
    if let Some(cursor) = list.next_cursor.filter(|_| !json) {
        println!("more: --cursor {cursor}");
    }
    Ok(())
}

async fn show_order(app: &App, id: Uuid, json: bool) -> anyhow::Result<()> {
    let order = queries::find(&mut *app.db.acquire().await?, app, id, As::Staff).await?;
    let order = order.ok_or(Error::Unknown)?;
    if !json {
        println!("{}", told(&order));
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
