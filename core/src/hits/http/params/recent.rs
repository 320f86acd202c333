use marquee_shared::hit::Outcome;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

use super::{checked, paging};
use crate::hits::domain::Range;
use crate::hits::queries::{Bots, Filter, Paging};
use crate::http::ApiError;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::hits::http) struct RecentParams {
    /// A day before `to`, or now, if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Not included; all there is if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    to: Option<OffsetDateTime>,
    brand: Option<String>,
    product: Option<String>,
    /// Two letters
    state: Option<String>,
    rule: Option<i32>,
    variant: Option<String>,
    #[param(value_type = Option<String>)]
    outcome: Option<Outcome>,
    #[serde(default)]
    bots: Bots,
    cursor: Option<String>,
    /// At most 100
    limit: Option<usize>,
}

impl RecentParams {
    pub(in crate::hits::http) fn bounds(
        &self,
        now: OffsetDateTime,
    ) -> Result<(OffsetDateTime, OffsetDateTime), ApiError> {
        Ok(Range::bounds(self.from, self.to, now)?)
    }

    pub(in crate::hits::http) fn paging(&self) -> Paging {
        paging(&self.cursor, self.limit)
    }

    pub(in crate::hits::http) fn filter(self) -> Result<Filter, ApiError> {
        let Self {
            brand,
            product,
            state,
            rule,
            variant,
            outcome,
            bots,
            ..
        } = self;
        checked(Filter {
            brand,
            product,
            state,
            rule,
            variant,
            outcome,
            bots,
        })
    }
}
