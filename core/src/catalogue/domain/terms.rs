use serde::Serialize;

use super::check::{Fault, Faults, line, paragraph};
use super::network::Network;
use super::phone::phone;
use crate::money::{Currency, Money};

/// All that can be changed of a talent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::catalogue) struct Terms {
    pub(in crate::catalogue) name: String,
    pub(in crate::catalogue) description: String,
    pub(in crate::catalogue) price: Option<Money>,
    pub(in crate::catalogue) available: bool,
    pub(in crate::catalogue) weekly_capacity: Option<i32>,
    pub(in crate::catalogue) delivery_days: i32,
    /// In order, each once.
    pub(in crate::catalogue) categories: Vec<String>,
    pub(in crate::catalogue) network: Network,
    pub(in crate::catalogue) handle: String,
    pub(in crate::catalogue) followers: i64,
    /// Of this the audit log, where nothing is ever erased, has the end only.
    #[serde(serialize_with = "its_end")]
    pub(in crate::catalogue) phone: String,
}

fn its_end<S: serde::Serializer>(phone: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let end = phone.len().checked_sub(4).and_then(|at| phone.get(at..));
    serializer.collect_str(&format_args!("…{}", end.unwrap_or_default()))
}

/// What is to be other than it is; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TalentChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub price: Option<Money>,
    pub available: Option<bool>,
    /// Orders a week; `Some(None)`: as many as come.
    pub weekly_capacity: Option<Option<i32>>,
    pub delivery_days: Option<i32>,
    /// All of them; an empty list leaves none.
    pub categories: Option<Vec<String>>,
    pub network: Option<Network>,
    pub handle: Option<String>,
    pub followers: Option<i64>,
    pub phone: Option<String>,
}

impl TalentChange {
    /// The terms as they are to be.
    pub(in crate::catalogue) fn of(
        self,
        terms: &Terms,
        currencies: &[Currency],
    ) -> Result<Terms, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut new = terms.clone();
        let mut take = |to: &mut String, checked: Option<Result<String, Fault>>| {
            if let Some(checked) = checked.and_then(|checked| faults.sift(checked)) {
                *to = checked;
            }
        };
        take(&mut new.name, self.name.map(|text| line("/name", &text, 100)));
        take(
            &mut new.description,
            self.description
                .map(|text| paragraph("/description", &text, 5000)),
        );
        take(&mut new.handle, self.handle.map(|text| handle("/handle", &text)));
        take(&mut new.phone, self.phone.map(|text| phone("/phone", &text)));
        if let Some(price) = self.price {
            faults.sift(in_use(price, currencies));
            new.price = Some(price);
        }
        if let Some(capacity) = self.weekly_capacity {
            let checked = capacity.map(|capacity| within("/weekly_capacity", capacity, 1, 1000));
            checked.map(|checked| faults.sift(checked));
            new.weekly_capacity = capacity;
        }
        if let Some(days) = self.delivery_days {
            faults.sift(within("/delivery_days", days, 1, 14));
            new.delivery_days = days;
        }
        if let Some(count) = self.followers {
            faults.sift(followers("/followers", count));
            new.followers = count;
        }
        if let Some(mut categories) = self.categories {
            categories.sort();
            categories.dedup();
            new.categories = categories;
        }
        new.available = self.available.unwrap_or(new.available);
        new.network = self.network.unwrap_or(new.network);
        faults.none()?;
        Ok(new)
    }
}

/// What somebody is called in a network, without the `@` that some write before it.
pub(in crate::catalogue) fn handle(pointer: &str, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let text = line(pointer, text.strip_prefix('@').unwrap_or(text), 80)?;
    let fine = !text.contains(char::is_whitespace);
    let detail = "what one is called in the network, without blanks";
    fine.then_some(text)
        .ok_or_else(|| Fault::new(pointer, "handle_invalid", detail))
}

/// More than there are people is no number of followers.
pub(in crate::catalogue) fn followers(pointer: &str, count: i64) -> Result<i64, Fault> {
    let fine = (0..=10_000_000_000).contains(&count);
    let detail = "a number from 0 to 10000000000";
    fine.then_some(count)
        .ok_or_else(|| Fault::new(pointer, "number_invalid", detail))
}

fn within(pointer: &str, number: i32, least: i32, most: i32) -> Result<i32, Fault> {
    let detail = || format!("a number from {least} to {most}");
    (least..=most)
        .contains(&number)
        .then_some(number)
        .ok_or_else(|| Fault::new(pointer, "number_invalid", detail()))
}

fn in_use(price: Money, currencies: &[Currency]) -> Result<(), Fault> {
    if currencies.contains(&price.currency()) {
        return Ok(());
    }
    let codes: Vec<&str> = currencies.iter().map(Currency::code).collect();
    let detail = format!("prices are in {}", codes.join(" or "));
    Err(Fault::new("/price/currency", "currency_unknown", detail))
}
