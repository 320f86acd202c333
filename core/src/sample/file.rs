use serde::Deserialize;

use crate::catalogue::Network;
use crate::locale::Locale;
use crate::money::Money;

/// `marketplace.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marketplace {
    /// Of everybody.
    pub(super) password: String,
    pub(super) categories: Vec<Category>,
    pub(super) customers: Vec<Person>,
    pub(super) staff: Vec<Member>,
    pub(super) talents: Vec<Talent>,
    pub(super) agencies: Vec<Agency>,
    pub(super) applications: Vec<Application>,
}

impl Marketplace {
    /// How many are let in, a talent counted as a person and as a talent.
    pub(super) fn people(&self) -> usize {
        let managers = self.agencies.iter().map(|agency| agency.managers.len());
        self.customers.len() + self.staff.len() + 2 * self.talents.len() + managers.sum::<usize>()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    pub(super) slug: String,
    pub(super) pt_br: String,
    pub(super) en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) locale: Locale,
    /// A file of the same folder, as `film`.
    pub(super) picture: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) person: Person,
    /// Such as `rules.edit@acme`.
    pub(super) grants: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Talent {
    pub(super) person: Person,
    pub(super) description: String,
    pub(super) price: Money,
    pub(super) available: bool,
    pub(super) weekly_capacity: Option<i32>,
    pub(super) delivery_days: i32,
    pub(super) categories: Vec<String>,
    pub(super) reach: Reach,
    pub(super) share_bp: Option<i32>,
    pub(super) film: String,
}

/// How one is known and reached.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reach {
    pub(super) network: Network,
    pub(super) handle: String,
    pub(super) followers: i64,
    pub(super) phone: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agency {
    pub(super) name: String,
    pub(super) share_bp: i32,
    pub(super) managers: Vec<Person>,
    /// Talents, by their addresses.
    pub(super) members: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Application {
    pub(super) person: Person,
    pub(super) reach: Reach,
    pub(super) message: String,
}
