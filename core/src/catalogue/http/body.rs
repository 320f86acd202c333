use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::catalogue::domain::{Network, TalentChange};
use crate::money::Money;

/// What is to be other than it is; what is left out stays
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TalentBody {
    /// As the public knows them
    #[schema(example = "Ana Lima")]
    name: Option<String>,
    /// At most 5000 characters
    #[schema(example = "I sing for your birthday.")]
    description: Option<String>,
    /// Without one the public does not see a talent
    price: Option<Money>,
    /// Whether they take orders
    available: Option<bool>,
    /// Orders a week, 1 to 1000; `null`: as many as come
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>, example = 20)]
    weekly_capacity: Option<Option<i32>>,
    /// 1 to 14
    #[schema(example = 5)]
    delivery_days: Option<i32>,
    /// Slugs of all of them; an empty list leaves none
    #[schema(example = json!(["musicians"]))]
    categories: Option<Vec<String>>,
    /// Where most people know them from
    network: Option<Network>,
    #[schema(example = "analima")]
    handle: Option<String>,
    #[schema(example = 120_000)]
    followers: Option<i64>,
    /// International: with the country's code
    #[schema(example = "+5511999990000")]
    phone: Option<String>,
}

/// `null` is something else than nothing.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl From<TalentBody> for TalentChange {
    fn from(body: TalentBody) -> Self {
        Self {
            name: body.name,
            description: body.description,
            price: body.price,
            available: body.available,
            weekly_capacity: body.weekly_capacity,
            delivery_days: body.delivery_days,
            categories: body.categories,
            network: body.network,
            handle: body.handle,
            followers: body.followers,
            phone: body.phone,
        }
    }
}
