use time::macros::datetime;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::{Grain, MAX_AHEAD};

/// Whole minutes, hours or days, of which counts are still kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: OffsetDateTime,
    /// Not included.
    pub to: OffsetDateTime,
    pub grain: Grain,
}

/// Why there is no answer for a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    #[error("`from` must be before `to`")]
    Empty,
    #[error("counts by the {grain} are kept for {} hours: ask by a coarser grain or for a later time", .grain.kept().whole_hours())]
    TooOld { grain: Grain },
    #[error("that is {points} points, at most {max}: ask by a coarser grain or for a shorter time", max = Range::MAX_POINTS)]
    TooLong { points: i64 },
}

impl Range {
    pub const DEFAULT: Duration = Duration::hours(24);
    /// Two days by the minute, and a little.
    pub const MAX_POINTS: i64 = 3_000;

    /// Widened to whole units of the grain; without one, the finest grain that suits the range and still reaches
    /// back to it. Without bounds, the last [`Range::DEFAULT`], the hits ahead of our clock included.
    pub fn resolve(
        from: Option<OffsetDateTime>,
        to: Option<OffsetDateTime>,
        grain: Option<Grain>,
        now: OffsetDateTime,
    ) -> Result<Self, RangeError> {
        let (since, until) = Self::bounds(from, to, now)?;
        let reaches = |grain: &Grain| now - since <= grain.kept();
        let suits = |grain: &Grain| until - since <= grain.suits();
        let grain = match grain {
            Some(grain) if !reaches(&grain) => return Err(RangeError::TooOld { grain }),
            Some(grain) => grain,
            None => Grain::ALL
                .into_iter()
                .find(|grain| reaches(grain) && suits(grain))
                .unwrap_or(Grain::Day),
        };
        let range = Self {
            from: grain.floor(since),
            to: grain.ceil(until),
            grain,
        };
        let points = (range.to - range.from).whole_seconds() / grain.length().whole_seconds();
        if points > Self::MAX_POINTS {
            return Err(RangeError::TooLong { points });
        }
        Ok(range)
    }

    /// The same for single hits: to the instant. Ends with the last hit that can be, unless told otherwise.
    pub fn bounds(
        from: Option<OffsetDateTime>,
        to: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Result<(OffsetDateTime, OffsetDateTime), RangeError> {
        let until = within_reason(to.unwrap_or(now + MAX_AHEAD + Duration::MILLISECOND));
        let since = within_reason(from.unwrap_or(to.map_or(now, |_| until) - Self::DEFAULT));
        if since < until {
            Ok((since, until))
        } else {
            Err(RangeError::Empty)
        }
    }
}

/// There are no hits before 1970 or after 2100, and no overflow in between. In UTC.
fn within_reason(at: OffsetDateTime) -> OffsetDateTime {
    at.clamp(datetime!(1970-01-02 0:00 UTC), datetime!(2100-01-01 0:00 UTC))
        .to_offset(UtcOffset::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 13:14:15 UTC);

    #[test]
    fn the_last_day_by_the_hour_is_what_one_gets_without_asking() {
        let range = Range::resolve(None, None, None, NOW).unwrap();
        assert_eq!(range.grain, Grain::Hour);
        assert_eq!(
            (range.from, range.to),
            (datetime!(2026-11-21 13:00 UTC), datetime!(2026-11-22 14:00 UTC))
        );
    }

    #[test]
    fn the_grain_suits_the_range_and_what_is_kept() {
        let grain = |from, to| Range::resolve(Some(from), Some(to), None, NOW).unwrap().grain;
        assert_eq!(grain(NOW - Duration::hours(3), NOW), Grain::Minute);
        // Three hours of last week: their minutes are gone.
        assert_eq!(
            grain(
                NOW - Duration::days(7),
                NOW - Duration::days(7) + Duration::hours(3)
            ),
            Grain::Hour
        );
        assert_eq!(grain(NOW - Duration::days(30), NOW), Grain::Day);
        assert_eq!(
            grain(NOW - Duration::days(120), NOW - Duration::days(119)),
            Grain::Day
        );
    }

    #[test]
    fn what_cannot_be_answered_is_said() {
        let ask = |from, to, grain| Range::resolve(Some(from), Some(to), Some(grain), NOW);
        assert_eq!(ask(NOW, NOW, Grain::Hour), Err(RangeError::Empty));
        assert_eq!(
            ask(NOW, NOW - Duration::HOUR, Grain::Hour),
            Err(RangeError::Empty)
        );
        let long_ago = NOW - Duration::hours(49);
        assert_eq!(
            ask(long_ago, NOW, Grain::Minute),
            Err(RangeError::TooOld { grain: Grain::Minute })
        );
        let far_ahead = NOW + Duration::days(30);
        assert_eq!(
            ask(NOW, far_ahead, Grain::Minute),
            Err(RangeError::TooLong { points: 43_201 })
        );
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_trouble() {
        assert!(Range::resolve(Some(datetime!(-9999-01-01 0:00 +23)), None, None, NOW).is_err());
        assert!(Range::resolve(None, Some(datetime!(9999-12-31 23:59:59.9 -23)), None, NOW).is_ok());
    }
}
