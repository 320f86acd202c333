use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

use super::{code, paging, since};
use crate::hits::queries::{Bots, LostZips, Order, Paging};
use crate::http::ApiError;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::hits::http) struct LostParams {
    brand: Option<String>,
    product: Option<String>,
    /// How many days back, today included; 30 if it is missing
    days: Option<u16>,
    #[serde(default)]
    order: Order,
    #[serde(default)]
    bots: Bots,
    cursor: Option<String>,
    /// At most 100
    limit: Option<usize>,
}

impl LostParams {
    pub(in crate::hits::http) fn paging(&self) -> Paging {
        paging(&self.cursor, self.limit)
    }

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
