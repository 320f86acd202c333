//! What a moment is called on a calendar on the wall.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

/// A time zone of the IANA's database, of which this program has a copy of its own.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// By its name, such as `America/Sao_Paulo`. `None`: there is no such zone.
    pub fn parse(name: &str) -> Option<Self> {
        jiff::tz::db().get(name).ok().map(Self)
    }

    /// The same moment, with the offset that holds there at that moment.
    pub fn at(&self, moment: OffsetDateTime) -> OffsetDateTime {
        let known = Timestamp::from_second(moment.unix_timestamp()).ok();
        let offset = known.map(|known| self.0.to_offset(known).seconds());
        // What lies beyond the calendar of either library stays as it is.
        match offset.and_then(|seconds| UtcOffset::from_whole_seconds(seconds).ok()) {
            Some(offset) => moment.checked_to_offset(offset).unwrap_or(moment),
            None => moment,
        }
    }

    /// When a day begins there: where clocks are put forward at midnight, at one.
    pub fn midnight(&self, day: Date) -> OffsetDateTime {
        let found = || {
            let (month, of_month) = (
                i8::try_from(u8::from(day.month())).ok()?,
                i8::try_from(day.day()).ok()?,
            );
            let civil = jiff::civil::Date::new(i16::try_from(day.year()).ok()?, month, of_month).ok()?;
            let begins = civil.to_zoned(self.0.clone()).ok()?.timestamp();
            OffsetDateTime::from_unix_timestamp(begins.as_second()).ok()
        };
        // What lies beyond the calendar of either library begins as in Greenwich.
        found().unwrap_or_else(|| day.midnight().assume_utc())
    }

    /// The Monday on which the week of a moment began.
    pub fn monday(&self, moment: OffsetDateTime) -> Date {
        let day = self.at(moment).date();
        let since = Duration::days(i64::from(day.weekday().number_days_from_monday()));
        day.checked_sub(since).unwrap_or(Date::MIN)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn a_moment_is_told_by_the_clocks_of_its_zone() {
        let sao_paulo = Zone::parse("America/Sao_Paulo").unwrap();
        assert_eq!(
            sao_paulo.at(datetime!(2026-07-01 12:00 UTC)),
            datetime!(2026-07-01 09:00 -3)
        );
        assert_eq!(
            sao_paulo.at(datetime!(2018-12-01 12:00 UTC)).hour(),
            10,
            "it had summer time then"
        );
        let lisbon = Zone::parse("Europe/Lisbon").unwrap();
        assert_eq!(lisbon.at(datetime!(2026-07-01 23:30 UTC)).day(), 2);
        assert!(Zone::parse("America/Atlantis").is_none());
    }

    #[test]
    fn a_day_begins_at_midnight_by_the_clocks_of_the_zone_or_when_these_go_on() {
        let sao_paulo = Zone::parse("America/Sao_Paulo").unwrap();
        assert_eq!(
            sao_paulo.midnight(date!(2026 - 11 - 01)),
            datetime!(2026-11-01 03:00 UTC)
        );
        assert_eq!(
            sao_paulo.midnight(date!(2018 - 11 - 04)),
            datetime!(2018-11-04 03:00 UTC),
            "it began at one, by clocks that were put forward"
        );
    }

    #[test]
    fn a_week_begins_on_its_monday_by_the_clocks_of_the_zone() {
        let sao_paulo = Zone::parse("America/Sao_Paulo").unwrap();
        for (moment, monday) in [
            (datetime!(2026-07-01 12:00 UTC), date!(2026 - 06 - 29)),
            (datetime!(2026-06-29 03:00 UTC), date!(2026 - 06 - 29)),
            // Still Sunday there.
            (datetime!(2026-06-29 02:59 UTC), date!(2026 - 06 - 22)),
        ] {
            assert_eq!(sao_paulo.monday(moment), monday, "{moment}");
        }
    }
}
