use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

use super::{code, since};
use crate::hits::http::answer::Answer;
use crate::hits::queries::{Bots, LostZips, Order};
use crate::http::ApiError;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::hits::http) struct LostParams {
    brand: Option<String>,
    product: Option<String>,
    /// How many days back, today included; 30 if it is missing
    #[param(minimum = 0, maximum = 65535, example = 30)]
    days: Option<u16>,
    #[serde(default)]
    #[param(inline)]
    order: Order,
    #[serde(default)]
    #[param(inline)]
    bots: Bots,
    /// As a file; `Accept` says it, too
    #[param(inline)]
    pub(in crate::hits::http) format: Option<Answer>,
    /// `next_cursor`, or of a file `x-next-cursor`, of the page before
    pub(in crate::hits::http) cursor: Option<String>,
    /// 1 to 100, 50 unless given; of a file at most 10,000, which it is unless given
    #[param(example = 50)]
    pub(in crate::hits::http) limit: Option<u32>,
}

impl LostParams {
    pub(in crate::hits::http) fn which(self, now: OffsetDateTime) -> Result<LostZips, ApiError> {
        for (name, value) in [("brand", &self.brand), ("product", &self.product)] {
            value.as_deref().map(|value| code(name, value)).transpose()?;
        }
        let Self {
            brand,
            product,
            days,
            order,
            bots,
            ..
        } = self;
        Ok(LostZips {
            brand,
            product,
            since: since(days, now),
            bots,
            order,
        })
    }
}
