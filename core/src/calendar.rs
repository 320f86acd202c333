//! What a moment is called on a calendar on the wall.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use time::{OffsetDateTime, UtcOffset};

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
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

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
}
