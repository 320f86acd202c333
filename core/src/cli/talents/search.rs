use clap::Args;

use super::yes;
use crate::app::App;
use crate::catalogue::{self, Sort};
use crate::cli::output::{more, show};
use crate::cli::table::Table;
use crate::money::Currency;
use crate::platform::paging::Page;

#[derive(Args)]
pub(in crate::cli) struct Search {
    /// Words as people type them
    text: Option<String>,
    /// A category's slug
    #[arg(long)]
    category: Option<String>,
    /// In the currency's smallest unit
    #[arg(long, value_name = "MINOR")]
    min_price: Option<i64>,
    #[arg(long, value_name = "MINOR")]
    max_price: Option<i64>,
    /// Only those priced in it
    #[arg(long)]
    currency: Option<Currency>,
    /// Whether they take orders now
    #[arg(long)]
    available: Option<bool>,
    #[arg(long, value_name = "DAYS")]
    max_delivery_days: Option<i32>,
    /// What comes first; what fits best, or the newest, unless given
    #[arg(long, allow_hyphen_values = true)]
    sort: Option<Sort>,
    /// At most 100
    #[arg(long)]
    limit: Option<u32>,
    /// The next page of an earlier list
    #[arg(long)]
    cursor: Option<String>,
}

impl Search {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let search = catalogue::Search {
            text: self.text,
            category: self.category,
            min_price: self.min_price,
            max_price: self.max_price,
            currency: self.currency,
            available: self.available,
            max_delivery_days: self.max_delivery_days,
            // Without words it is the newest.
            sort: self.sort.unwrap_or(Sort::Relevance),
            cursor: self.cursor,
            limit: self
                .limit
                .unwrap_or(Page::DEFAULT_LIMIT)
                .clamp(1, Page::MAX_LIMIT),
        };
        let search = search.comparing_in(app.config.currencies.first().copied());
        let talents = catalogue::search(&mut *app.db.acquire().await?, app, &search).await?;
        let mut table = Table::new(&["id", "name", "price", "available", "days", "categories"]);
        for talent in &talents.items {
            table.row([
                talent.id.to_string(),
                talent.name.clone(),
                talent.price.to_string(),
                yes(talent.available),
                talent.delivery_days.to_string(),
                talent.categories.join(" "),
            ]);
        }
        show(&talents, &table, json, "nobody like that")?;
        more(talents.next_cursor.as_deref(), json)?;
        Ok(())
    }
}
