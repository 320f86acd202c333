use clap::Args;
use uuid::Uuid;

use super::view;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, Network, ProfileView, TalentChange, Whom};
use crate::money::{Currency, Money};

#[derive(Args)]
pub(in crate::cli) struct Change {
    id: Uuid,
    /// As the public knows them
    #[arg(long)]
    name: Option<String>,
    #[arg(long)]
    description: Option<String>,
    /// In the currency's smallest unit: 15000 is 150 reais
    #[arg(long, value_name = "MINOR")]
    price: Option<i64>,
    /// Of the price; the usual one unless given
    #[arg(long, requires = "price")]
    currency: Option<Currency>,
    /// Whether they take orders
    #[arg(long)]
    available: Option<bool>,
    /// Orders a week; 0: as many as come
    #[arg(long)]
    weekly_capacity: Option<i32>,
    /// 1 to 14
    #[arg(long)]
    delivery_days: Option<i32>,
    /// A category's slug; once for each of all that they are to have
    #[arg(long = "category", value_name = "SLUG")]
    categories: Vec<String>,
    /// Take all categories from them
    #[arg(long, conflicts_with = "categories")]
    no_categories: bool,
    #[arg(long)]
    network: Option<Network>,
    #[arg(long)]
    handle: Option<String>,
    #[arg(long)]
    followers: Option<i64>,
    /// International: with the country's code
    #[arg(long)]
    phone: Option<String>,
}

impl Change {
    pub(super) async fn run(self, app: &App) -> anyhow::Result<ProfileView> {
        let usual = app.config.currencies.first().copied().unwrap_or(Currency::BRL);
        let currency = self.currency.unwrap_or(usual);
        let price = self.price.map(|minor| Money::new(minor, currency)).transpose()?;
        let named = self.no_categories || !self.categories.is_empty();
        let change = TalentChange {
            name: self.name,
            description: self.description,
            price,
            available: self.available,
            weekly_capacity: self
                .weekly_capacity
                .map(|most| Some(most).filter(|most| *most != 0)),
            delivery_days: self.delivery_days,
            categories: named.then_some(self.categories),
            network: self.network,
            handle: self.handle,
            followers: self.followers,
            phone: self.phone,
        };
        catalogue::change_talent(app, &Principal::operator(), Whom::Id(self.id), change).await?;
        view(app, self.id).await
    }
}
