use clap::{Args, Subcommand};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, parse_time, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::money::{Currency, Money};
use crate::orders::queries::{self, PromotionFilter, PromotionStatus, PromotionView};
use crate::orders::{self, Error, NewPromotion, PromotionChange, Reduction};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Promotions {
    /// Show promotions, newest first
    List {
        /// Part of the code or of the note
        #[arg(long)]
        text: Option<String>,
        #[arg(long, value_enum)]
        status: Option<PromotionStatus>,
        /// For this talent only
        #[arg(long)]
        talent: Option<Uuid>,
        /// For talents of this category only
        #[arg(long)]
        category: Option<String>,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show a promotion
    Show { id: Uuid },
    /// Make a promotion; the platform bears what it takes off
    Create(Create),
    /// Change how long and how often a promotion can be used
    Change {
        id: Uuid,
        #[command(flatten)]
        limits: Limits,
    },
    /// Have a promotion used by nobody from now on
    Retire { id: Uuid },
}

#[derive(Args)]
pub(super) struct Create {
    /// What customers type: 3 to 40 letters without accents, digits, `-` and `_`
    code: String,
    /// What it takes off, in the currency's smallest unit: 1500 is 15 reais
    #[arg(
        long,
        value_name = "MINOR",
        conflicts_with = "basis_points",
        required_unless_present = "basis_points"
    )]
    amount: Option<i64>,
    /// Which part it takes off: 1000 is a tenth
    #[arg(long)]
    basis_points: Option<i32>,
    /// The most that basis points take off
    #[arg(long, value_name = "MINOR", requires = "basis_points")]
    cap: Option<i64>,
    /// Of the list price
    #[arg(long, value_name = "MINOR")]
    minimum_price: Option<i64>,
    /// Of all amounts; the usual one unless given
    #[arg(long)]
    currency: Option<Currency>,
    /// For this talent only
    #[arg(long)]
    talent: Option<Uuid>,
    /// For talents of this category only
    #[arg(long)]
    category: Option<String>,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Args)]
pub(super) struct Limits {
    /// What it is for
    #[arg(long)]
    note: Option<String>,
    /// Since when it can be used: 2026-12-01T03:00:00Z
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    from: Option<OffsetDateTime>,
    /// Until just before when it can be used
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    until: Option<OffsetDateTime>,
    /// By how many orders; 0: by any number
    #[arg(long)]
    uses: Option<i32>,
    /// By how many of each customer's; 0: by any number
    #[arg(long)]
    uses_per_customer: Option<i32>,
}

impl Limits {
    fn change(self) -> PromotionChange {
        let number = |number: Option<i32>| number.map(|most| Some(most).filter(|most| *most != 0));
        PromotionChange {
            note: self.note,
            minimum_price: None,
            valid_from: self.from.map(Some),
            valid_until: self.until.map(Some),
            total_uses: number(self.uses),
            uses_per_customer: number(self.uses_per_customer),
        }
    }
}

impl Create {
    fn promotion(self, app: &App) -> anyhow::Result<NewPromotion> {
        let usual = app.config.currencies.first().copied().unwrap_or(Currency::BRL);
        let currency = self.currency.unwrap_or(usual);
        let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency)).transpose();
        let reduction = match (money(self.amount)?, self.basis_points) {
            (Some(amount), _) => Reduction::Fixed { amount },
            (None, basis_points) => Reduction::Percent {
                basis_points: basis_points.unwrap_or_default(),
                cap: money(self.cap)?,
            },
        };
        Ok(NewPromotion {
            code: self.code,
            reduction,
            limits: PromotionChange {
                minimum_price: Some(money(self.minimum_price)?),
                ..self.limits.change()
            },
            talent: self.talent,
            category: self.category,
        })
    }
}

impl Promotions {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let by = Principal::operator();
        match self {
            Self::List {
                text,
                status,
                talent,
                category,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                let filter = PromotionFilter {
                    status,
                    text,
                    talent,
                    category,
                };
                let mut conn = app.db.acquire().await?;
                let list = queries::list_promotions(&mut conn, &filter, app.now(), page).await?;
                let mut table = Table::new(&["id", "code", "status", "takes off", "uses", "note"]);
                for promotion in &list.items {
                    table.row([
                        promotion.id.to_string(),
                        promotion.code.clone(),
                        promotion.status.name().to_owned(),
                        takes_off(&promotion.discount),
                        promotion.uses.to_string(),
                        promotion.note.clone(),
                    ]);
                }
                let empty = "no such promotions: `marquee promotions create`";
                show(&list, &table, json, empty)?;
                more(list.next_cursor.as_deref(), json)?;
            }
            Self::Show { id } => told(app, id, json).await?,
            Self::Create(create) => {
                let id = orders::create_promotion(app, &by, create.promotion(app)?).await?;
                show_one(&view(app, id).await?, json, &id.to_string())?;
            }
            Self::Change { id, limits } => {
                orders::change_promotion(app, &by, id, None, limits.change()).await?;
                told(app, id, json).await?;
            }
            Self::Retire { id } => {
                orders::retire_promotion(app, &by, id, None).await?;
                told(app, id, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn view(app: &App, id: Uuid) -> anyhow::Result<PromotionView> {
    let found = queries::find_promotion(&mut *app.db.acquire().await?, id, app.now()).await?;
    Ok(found.ok_or(Error::NoPromotion)?)
}

/// The promotion as it is afterwards.
async fn told(app: &App, id: Uuid, json: bool) -> anyhow::Result<()> {
    let view = view(app, id).await?;
    let mut table = Table::new(&["what", "is"]);
    let some = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    for (what, is) in [
        ("id", view.id.to_string()),
        ("code", view.code.clone()),
        ("note", view.note.clone()),
        ("status", view.status.name().to_owned()),
        ("takes off", takes_off(&view.discount)),
        (
            "minimum price",
            some(view.minimum_price.map(|price| price.to_string())),
        ),
        ("from", some(view.valid_from.map(instant))),
        ("until", some(view.valid_until.map(instant))),
        ("used", view.uses.to_string()),
        ("uses", some(view.total_uses.map(|most| most.to_string()))),
        (
            "uses per customer",
            some(view.uses_per_customer.map(|most| most.to_string())),
        ),
        ("talent", some(view.talent_id.map(|talent| talent.to_string()))),
        ("category", some(view.category.clone())),
        ("made", instant(view.created_at)),
    ] {
        table.row([what.to_owned(), is]);
    }
    show(&view, &table, json, "")
}

fn takes_off(reduction: &Reduction) -> String {
    match reduction {
        Reduction::Fixed { amount } => amount.to_string(),
        Reduction::Percent { basis_points, cap } => {
            let cap = cap.map(|cap| format!(", at most {cap}"));
            format!("{basis_points} bp{}", cap.unwrap_or_default())
        }
    }
}
