//! What may stand in the query strings, and what it means. A parameter that is not known is refused: a filter that
//! is misspelt must not count everything.

mod brand;
mod lost;
mod recent;
mod totals;

pub(super) use brand::{RuleParams, SplitParams};
pub(super) use lost::LostParams;
pub(super) use recent::RecentParams;
pub(super) use totals::TotalParams;

use marquee_shared::code::is_code;
use marquee_shared::zip::State;
use serde::Deserialize;
use time::{Date, Duration, OffsetDateTime};
use utoipa::IntoParams;

use super::answer::Answer;
use crate::hits::domain::{KEEP_CELLS, RangeError};
use crate::hits::queries::Filter;
use crate::hits::traffic::DAYS;
use crate::http::{ApiError, FieldError};

/// What may be looked back at once, in days.
const MOST_DAYS: u16 = 3_660;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// As a file; `Accept` says it, too
    #[param(inline)]
    pub(super) format: Option<Answer>,
    /// `next_cursor`, or of a file `x-next-cursor`, of the page before
    pub(super) cursor: Option<String>,
    /// 1 to 100, 50 unless given; of a file at most 10,000, which it is unless given
    #[param(example = 50)]
    pub(super) limit: Option<u32>,
}

pub(super) fn since(days: Option<u16>, now: OffsetDateTime) -> Date {
    let back = Duration::days(i64::from(days.unwrap_or(30).max(1)) - 1);
    now.date().saturating_sub(back)
}

/// Where a range begins: as it was said, or so many days before its end.
fn begin(
    from: Option<OffsetDateTime>,
    days: Option<u16>,
    to: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, ApiError> {
    match (from, days) {
        (Some(_), Some(_)) => Err(invalid(
            "days",
            "a range begins at `from` or `days` before its end, not both",
        )),
        (None, Some(days)) if (1..=MOST_DAYS).contains(&days) => {
            let begin = to.unwrap_or(now).checked_sub(Duration::days(days.into()));
            begin
                .map(Some)
                .ok_or_else(|| invalid("to", "no range ends there"))
        }
        (None, Some(_)) => Err(invalid("days", &format!("1 to {MOST_DAYS}"))),
        (from, None) => Ok(from),
    }
}

/// The first of the days to replay; cells are not kept for longer.
pub(super) fn replayed(days: Option<u16>, now: OffsetDateTime) -> Result<Date, ApiError> {
    let (days, most) = (i64::from(days.unwrap_or(DAYS)), KEEP_CELLS.whole_days());
    if (1..=most).contains(&days) {
        Ok(now.date().saturating_sub(Duration::days(days - 1)))
    } else {
        let detail = format!("1 to {most} days can be replayed");
        Err(ApiError::unprocessable("days_invalid", detail))
    }
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
    for (name, value) in [
        ("brand", &filter.brand),
        ("product", &filter.product),
        ("variant", &filter.variant),
    ] {
        value.as_deref().map(|value| code(name, value)).transpose()?;
    }
    match filter.state.as_deref().map(State::parse) {
        Some(None) => Err(invalid("state", "no such state")),
        _ => Ok(filter),
    }
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
