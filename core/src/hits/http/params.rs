//! What may stand in the query strings, and what it means.

use marquee_shared::hit::Outcome;
use marquee_shared::zip;
use serde::Deserialize;
use time::{Date, Duration, OffsetDateTime};
use utoipa::IntoParams;

use crate::hits::domain::{Grain, Range, RangeError, is_code};
use crate::hits::queries::{Bots, Dimension, Filter, LostZips, Order, Paging};
use crate::http::{ApiError, FieldError};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TotalParams {
    /// A day before `to`, or now, if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Not included; all there is if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    to: Option<OffsetDateTime>,
    /// The finest that suits the range if it is missing
    grain: Option<Grain>,
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
    /// Any of brand, product, state, rule, variant, outcome, separated by commas
    #[serde(default)]
    group_by: String,
    /// How many groups are told apart, at most 100
    limit: Option<usize>,
}

impl TotalParams {
    pub(super) fn range(&self, now: OffsetDateTime) -> Result<Range, ApiError> {
        Ok(Range::resolve(self.from, self.to, self.grain, now)?)
    }

    pub(super) fn group_by(&self) -> Result<Vec<Dimension>, ApiError> {
        let names = self
            .group_by
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        names
            .map(|name| Dimension::parse(name).ok_or_else(|| invalid("group_by", "no such dimension")))
            .collect()
    }

    pub(super) fn limit(&self) -> usize {
        limit(self.limit)
    }

    pub(super) fn filter(self) -> Result<Filter, ApiError> {
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecentParams {
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
    pub(super) fn bounds(&self, now: OffsetDateTime) -> Result<(OffsetDateTime, OffsetDateTime), ApiError> {
        Ok(Range::bounds(self.from, self.to, now)?)
    }

    pub(super) fn paging(&self) -> Paging {
        paging(&self.cursor, self.limit)
    }

    pub(super) fn filter(self) -> Result<Filter, ApiError> {
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RuleParams {
    brand: String,
    /// How many days back, today included; 30 if it is missing
    days: Option<u16>,
    #[serde(default)]
    bots: Bots,
    cursor: Option<String>,
    /// At most 100
    limit: Option<usize>,
}

impl RuleParams {
    pub(super) fn brand(&self) -> Result<&str, ApiError> {
        code("brand", &self.brand)
    }

    pub(super) fn since(&self, now: OffsetDateTime) -> Date {
        since(self.days, now)
    }

    pub(super) fn bots(&self) -> Bots {
        self.bots
    }

    pub(super) fn paging(&self) -> Paging {
        paging(&self.cursor, self.limit)
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SplitParams {
    brand: String,
    rule: Option<i32>,
    /// A day before `to`, or now, if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Not included; all there is if it is missing
    #[serde(default, with = "time::serde::rfc3339::option")]
    to: Option<OffsetDateTime>,
    #[serde(default)]
    bots: Bots,
    cursor: Option<String>,
    /// At most 100
    limit: Option<usize>,
}

impl SplitParams {
    pub(super) fn brand(&self) -> Result<&str, ApiError> {
        code("brand", &self.brand)
    }

    pub(super) fn range(&self, now: OffsetDateTime) -> Result<Range, ApiError> {
        Ok(Range::resolve(self.from, self.to, None, now)?)
    }

    pub(super) fn filter(&self) -> Filter {
        Filter {
            rule: self.rule,
            bots: self.bots,
            ..Filter::default()
        }
    }

    pub(super) fn paging(&self) -> Paging {
        paging(&self.cursor, self.limit)
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LostParams {
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
    pub(super) fn paging(&self) -> Paging {
        paging(&self.cursor, self.limit)
    }

    pub(super) fn which(self, now: OffsetDateTime) -> Result<LostZips, ApiError> {
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    cursor: Option<String>,
    /// At most 100
    limit: Option<usize>,
}

impl PageParams {
    pub(super) fn paging(&self) -> Paging {
        paging(&self.cursor, self.limit)
    }
}

fn paging(cursor: &Option<String>, asked: Option<usize>) -> Paging {
    Paging {
        cursor: cursor.clone(),
        limit: limit(asked),
    }
}

fn limit(asked: Option<usize>) -> usize {
    asked.unwrap_or(50).clamp(1, 100)
}

fn since(days: Option<u16>, now: OffsetDateTime) -> Date {
    let back = Duration::days(i64::from(days.unwrap_or(30).max(1)) - 1);
    now.date().saturating_sub(back)
}

/// A code that nothing can have would only ever find nothing.
fn code<'a>(name: &'static str, text: &'a str) -> Result<&'a str, ApiError> {
    if is_code(text) {
        Ok(text)
    } else {
        Err(invalid(name, "not a code: lower-case letters, digits and dashes"))
    }
}

fn checked(filter: Filter) -> Result<Filter, ApiError> {
    for (name, value) in [("brand", &filter.brand), ("product", &filter.product)] {
        value.as_deref().map(|value| code(name, value)).transpose()?;
    }
    if filter
        .state
        .as_deref()
        .is_some_and(|state| zip::State::parse(state).is_none())
    {
        return Err(invalid("state", "no such state"));
    }
    if filter
        .variant
        .as_deref()
        .is_some_and(|name| name.contains(char::is_control))
    {
        return Err(invalid("variant", "not a name"));
    }
    Ok(filter)
}

fn invalid(name: &str, detail: &str) -> ApiError {
    ApiError::unprocessable("filter_invalid", format!("{name}: {detail}")).with_errors(vec![FieldError {
        pointer: name.to_owned(),
        code: "invalid".to_owned(),
        detail: detail.to_owned(),
    }])
}

impl From<RangeError> for ApiError {
    fn from(error: RangeError) -> Self {
        let code = match error {
            RangeError::Empty => "range_empty",
            RangeError::TooOld { .. } => "range_too_old",
            RangeError::TooLong { .. } => "range_too_long",
        };
        Self::unprocessable(code, error.to_string())
    }
}
