use marquee_shared::hit::Outcome;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

use super::{begin, checked};
use crate::hits::domain::Range;
use crate::hits::http::answer::Answer;
use crate::hits::queries::{Bots, Filter};
use crate::http::ApiError;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::hits::http) struct RecentParams {
    /// A day before `to`, or now, if it and `days` are missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Not included; all there is if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    to: Option<OffsetDateTime>,
    /// So many days before `to`, or now, instead of `from`
    #[param(minimum = 1, maximum = 3660, example = 7)]
    days: Option<u16>,
    brand: Option<String>,
    product: Option<String>,
    /// Two letters
    state: Option<String>,
    rule: Option<i32>,
    variant: Option<String>,
    #[param(inline)]
    outcome: Option<Outcome>,
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

impl RecentParams {
    pub(in crate::hits::http) fn bounds(
        &self,
        now: OffsetDateTime,
    ) -> Result<(OffsetDateTime, OffsetDateTime), ApiError> {
        let from = begin(self.from, self.days, self.to, now)?;
        Ok(Range::bounds(from, self.to, now)?)
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
