use serde::Deserialize;
use time::{Date, OffsetDateTime};
use utoipa::IntoParams;

use super::{begin, code, since};
use crate::hits::domain::Range;
use crate::hits::http::answer::Answer;
use crate::hits::queries::{Bots, Filter};
use crate::http::ApiError;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::hits::http) struct RuleParams {
    brand: String,
    /// How many days back, today included; 30 if it is missing
    #[param(minimum = 0, maximum = 65535, example = 30)]
    days: Option<u16>,
    #[serde(default)]
    #[param(inline)]
    pub(in crate::hits::http) bots: Bots,
    /// As a file; `Accept` says it, too
    #[param(inline)]
    pub(in crate::hits::http) format: Option<Answer>,
    /// `next_cursor`, or of a file `x-next-cursor`, of the page before
    pub(in crate::hits::http) cursor: Option<String>,
    /// 1 to 100, 50 unless given; of a file at most 10,000, which it is unless given
    #[param(example = 50)]
    pub(in crate::hits::http) limit: Option<u32>,
}

impl RuleParams {
    pub(in crate::hits::http) fn brand(&self) -> Result<&str, ApiError> {
        code("brand", &self.brand)
    }

    pub(in crate::hits::http) fn since(&self, now: OffsetDateTime) -> Date {
        since(self.days, now)
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::hits::http) struct SplitParams {
    brand: String,
    rule: Option<i32>,
    /// A day before `to`, or now, if it and `days` are missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Not included; all there is if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    to: Option<OffsetDateTime>,
    /// So many days before `to`, or now, instead of `from`
    #[param(minimum = 1, maximum = 3660, example = 7)]
    days: Option<u16>,
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

impl SplitParams {
    pub(in crate::hits::http) fn brand(&self) -> Result<&str, ApiError> {
        code("brand", &self.brand)
    }

    pub(in crate::hits::http) fn range(&self, now: OffsetDateTime) -> Result<Range, ApiError> {
        let from = begin(self.from, self.days, self.to, now)?;
        Ok(Range::resolve(from, self.to, None, now)?)
    }

    pub(in crate::hits::http) fn filter(&self) -> Filter {
        Filter {
            rule: self.rule,
            bots: self.bots,
            ..Filter::default()
        }
    }
}
