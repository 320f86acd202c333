use marquee_shared::hit::Outcome;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

use super::{begin, checked, invalid};
use crate::hits::domain::{Grain, Range};
use crate::hits::http::answer::Answer;
use crate::hits::queries::{Bots, Dimension, Filter};
use crate::http::ApiError;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::hits::http) struct TotalParams {
    /// A day before `to`, or now, if it and `days` are missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Not included; all there is if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    to: Option<OffsetDateTime>,
    /// So many days before `to`, or now, instead of `from`
    #[param(minimum = 1, maximum = 3660, example = 7)]
    days: Option<u16>,
    /// The finest that suits the range if it is missing
    #[param(inline)]
    grain: Option<Grain>,
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
    /// Any of brand, product, state, rule, variant, outcome, separated by commas
    #[serde(default)]
    group_by: String,
    /// As a file; `Accept` says it, too
    #[param(inline)]
    pub(in crate::hits::http) format: Option<Answer>,
    /// How many groups are told apart: 1 to 100, 50 unless given; in a file at most 10,000, which it is unless given
    #[param(example = 50)]
    pub(in crate::hits::http) limit: Option<u32>,
}

impl TotalParams {
    pub(in crate::hits::http) fn range(&self, now: OffsetDateTime) -> Result<Range, ApiError> {
        let from = begin(self.from, self.days, self.to, now)?;
        Ok(Range::resolve(from, self.to, self.grain, now)?)
    }

    pub(in crate::hits::http) fn group_by(&self) -> Result<Vec<Dimension>, ApiError> {
        let names = self
            .group_by
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let known = Dimension::ALL.map(Dimension::name).join(", ");
        let unknown = |name| format!("there is no `{name}` to group by; there are {known}");
        names
            .map(|name| Dimension::parse(name).ok_or_else(|| invalid("group_by", &unknown(name))))
            .collect()
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
