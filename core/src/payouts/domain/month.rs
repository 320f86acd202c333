use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::{Date, Month as OfYear, OffsetDateTime};
use utoipa::ToSchema;

use crate::calendar::Zone;

/// A month of the calendar: `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "2026-11", pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
pub struct Month(Date);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no month: write it as 2026-11")]
pub struct NoMonth(String);

impl Month {
    /// In which a moment is, by the clocks of the zone.
    pub fn of(zone: &Zone, moment: OffsetDateTime) -> Self {
        Self::begun_on(zone.at(moment).date())
    }

    /// In which a day is.
    pub fn begun_on(day: Date) -> Self {
        Self(day.replace_day(1).unwrap_or(day))
    }

    pub fn first_day(self) -> Date {
        self.0
    }

    pub fn before(self) -> Self {
        let day = self.0.previous_day().unwrap_or(self.0);
        Self::begun_on(day)
    }

    pub fn after(self) -> Self {
        let (year, month) = (self.0.year(), self.0.month());
        let year = if month == OfYear::December { year + 1 } else { year };
        Self(Date::from_calendar_date(year, month.next(), 1).unwrap_or(self.0))
    }

    /// The first day that is no Saturday and no Sunday; holidays are not known.
    pub fn first_working_day(self) -> Date {
        let days = std::iter::successors(Some(self.0), |day| day.next_day());
        let mut working = days.filter(|day| day.weekday().number_from_monday() <= 5);
        working.next().unwrap_or(self.0)
    }

    /// When it begins by the clocks of the zone.
    pub fn begins_at(self, zone: &Zone) -> OffsetDateTime {
        zone.midnight(self.0)
    }

    /// The first moment after it.
    pub fn ends_at(self, zone: &Zone) -> OffsetDateTime {
        self.after().begins_at(zone)
    }
}

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let parse = || {
            let (year, month) = text.split_once('-')?;
            let digits =
                |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
            if !digits(year, 4) || !digits(month, 2) {
                return None;
            }
            let month = OfYear::try_from(month.parse::<u8>().ok()?).ok()?;
            let year = year.parse().ok().filter(|year| *year >= 1970)?;
            Date::from_calendar_date(year, month, 1).ok()
        };
        parse().map(Self).ok_or_else(|| NoMonth(text.to_owned()))
    }
}

impl TryFrom<String> for Month {
    type Error = NoMonth;

    fn try_from(text: String) -> Result<Self, NoMonth> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), u8::from(self.0.month()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    /// Where clocks are put forward at midnight, on the first of a month, or a day was left out.
    const ZONES: [&str; 6] = [
        "America/Sao_Paulo",
        "America/Asuncion",
        "Europe/Lisbon",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "UTC",
    ];

    proptest! {
        #[test]
        fn o03_every_moment_is_in_the_month_that_a_calendar_on_the_wall_shows(
            seconds in 0..4_000_000_000_i64, microseconds in 0..1_000_000_i64, zone in prop::sample::select(&ZONES[..]),
        ) {
            let zone = Zone::parse(zone).unwrap();
            let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap() + Duration::microseconds(microseconds);
            let month = Month::of(&zone, moment);

            let wall = zone.at(moment);
            let first = month.first_day();
            prop_assert_eq!((first.year(), first.month(), first.day()), (wall.year(), wall.month(), 1));
            let (begins_at, ends_at) = (month.begins_at(&zone), month.ends_at(&zone));
            prop_assert!(begins_at <= moment && moment < ends_at);
            prop_assert_eq!(Month::of(&zone, begins_at), month);
            prop_assert_eq!(Month::of(&zone, begins_at - Duration::MICROSECOND), month.before());
            prop_assert_eq!(Month::of(&zone, ends_at), month.after());
            prop_assert_eq!(ends_at, month.after().begins_at(&zone));
        }
    }

    #[test]
    fn o03_the_last_moment_of_a_month_is_of_it_on_leap_days_too() {
        let zone = Zone::parse("America/Sao_Paulo").unwrap();
        for (moment, month) in [
            (datetime!(2024-03-01 02:59:59.999999 UTC), "2024-02"),
            (datetime!(2024-03-01 03:00 UTC), "2024-03"),
            (datetime!(2026-02-01 02:59:59.999999 UTC), "2026-01"),
            (datetime!(2027-01-01 02:59:59.999999 UTC), "2026-12"),
            // Summer time there.
            (datetime!(2018-12-01 01:59:59.999999 UTC), "2018-11"),
            (datetime!(2018-12-01 02:00 UTC), "2018-12"),
        ] {
            assert_eq!(Month::of(&zone, moment).to_string(), month, "{moment}");
        }
    }

    #[test]
    fn a_month_is_written_as_one_reads_it_and_nothing_else_is_one() {
        for good in ["2026-11", "1970-01", "9998-12"] {
            assert_eq!(good.parse::<Month>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "26-11",
            "2026-1",
            "2026-11-01",
            "+026-11",
            "1969-12",
            "abcd-ef",
        ] {
            assert_eq!(bad.parse::<Month>(), Err(NoMonth(bad.to_owned())));
        }
    }

    #[test]
    fn a_month_begins_and_ends_at_midnight_where_people_are() {
        let zone = Zone::parse("America/Sao_Paulo").unwrap();
        let november: Month = "2026-11".parse().unwrap();
        assert_eq!(november.begins_at(&zone), datetime!(2026-11-01 03:00 UTC));
        assert_eq!(november.ends_at(&zone), datetime!(2026-12-01 03:00 UTC));
        assert_eq!(Month::of(&zone, datetime!(2026-12-01 02:59:59 UTC)), november);
        assert_eq!(
            Month::of(&zone, datetime!(2026-12-01 03:00 UTC)),
            november.after()
        );
    }

    #[test]
    fn work_begins_on_no_saturday_and_no_sunday() {
        for (month, day) in [("2026-07", 1), ("2026-08", 3), ("2026-11", 2), ("2027-01", 1)] {
            let month: Month = month.parse().unwrap();
            assert_eq!(month.first_working_day().day(), day, "{month}");
        }
    }

    #[test]
    fn months_follow_each_other_over_the_year() {
        let december: Month = "2026-12".parse().unwrap();
        assert_eq!(december.after().to_string(), "2027-01");
        assert_eq!(december.after().before(), december);
        assert!(december < december.after());
    }
}
