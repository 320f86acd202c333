use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

/// How finely hits are counted, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Minute,
    Hour,
    Day,
}

impl Grain {
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// As written in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// How long counts of this grain are kept at least.
    pub const fn kept(self) -> Duration {
        match self {
            Self::Minute => Duration::hours(48),
            Self::Hour => Duration::days(90),
            // 25 months: two years, and the month to compare with.
            Self::Day => Duration::days(761),
        }
    }

    /// Up to which length of a range this grain is the one to look at.
    pub(super) const fn suits(self) -> Duration {
        match self {
            Self::Minute => Duration::hours(6),
            Self::Hour => Duration::days(7),
            Self::Day => Duration::MAX,
        }
    }

    /// The start of the minute, hour or day that `at` is in.
    pub fn floor(self, at: OffsetDateTime) -> OffsetDateTime {
        let seconds = at.unix_timestamp();
        at - Duration::seconds(seconds.rem_euclid(self.length().whole_seconds()))
            - Duration::nanoseconds(at.nanosecond().into())
    }

    /// The first start of a minute, hour or day that is not before `at`.
    pub fn ceil(self, at: OffsetDateTime) -> OffsetDateTime {
        let floor = self.floor(at);
        if floor == at {
            at
        } else {
            floor.saturating_add(self.length())
        }
    }

    pub const fn length(self) -> Duration {
        match self {
            Self::Minute => Duration::MINUTE,
            Self::Hour => Duration::HOUR,
            Self::Day => Duration::DAY,
        }
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_time_is_rounded_to_its_grain_in_utc() {
        let at = datetime!(2026-11-22 13:14:15.016 UTC);
        assert_eq!(Grain::Minute.floor(at), datetime!(2026-11-22 13:14 UTC));
        assert_eq!(Grain::Hour.floor(at), datetime!(2026-11-22 13:00 UTC));
        assert_eq!(Grain::Day.floor(at), datetime!(2026-11-22 0:00 UTC));
        assert_eq!(Grain::Day.ceil(at), datetime!(2026-11-23 0:00 UTC));
        assert_eq!(
            Grain::Day.ceil(datetime!(2026-11-22 0:00 UTC)),
            datetime!(2026-11-22 0:00 UTC)
        );
        // Sao Paulo's Sunday is still UTC's Sunday until 21:00.
        assert_eq!(
            Grain::Day.floor(datetime!(2026-11-21 23:00 -3)),
            datetime!(2026-11-22 0:00 UTC)
        );
    }

    #[test]
    fn before_1970_is_rounded_down_too() {
        assert_eq!(
            Grain::Day.floor(datetime!(1969-12-31 23:59 UTC)),
            datetime!(1969-12-31 0:00 UTC)
        );
    }
}
