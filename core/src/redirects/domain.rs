//! Brands' rule sets before they are compiled: codes, canonical form, and what counts as the same rule.

mod bulk;
mod filter;
mod patch;

pub use bulk::{BulkAction, Dimension};
pub(super) use filter::Wanted;
pub use filter::{Matching, RuleFilter, RuleKind, Senseless, Window};
pub(super) use patch::{merge, nul};

use marquee_shared::rules::{Action, Mode, Rule, Settings, Target};
use sha2::{Digest, Sha256};
use time::UtcOffset;

/// Rules a brand may have.
pub(super) const MAX_RULES: usize = 100_000;
/// Hosts a brand may have.
pub(super) const MAX_HOSTS: usize = 100;

/// The one way to write a rule: sets sorted and without repetition, variants by name, times in UTC.
///
/// So two files that mean the same become the same draft, the same revision and the same table. Variants are
/// sorted because a split adds up weights in order: their order must not depend on the file it came from.
#[must_use]
pub(super) fn canonical(mut rule: Rule) -> Rule {
    let when = &mut rule.when;
    for set in [
        &mut when.product,
        &mut when.language,
        &mut when.device,
        &mut when.media,
        &mut when.state,
    ] {
        set.sort();
        set.dedup();
    }
    when.zip.sort();
    when.zip.dedup();
    for time in [&mut rule.from, &mut rule.until].into_iter().flatten() {
        // At either end of the calendar the same moment has no year in UTC that can be written.
        let utc = time.checked_to_offset(UtcOffset::UTC);
        *time = utc
            .filter(|utc| (0..=9_999).contains(&utc.year()))
            .unwrap_or(*time);
    }
    if let Action::Route(Target::Split { variants, .. }) = &mut rule.action {
        variants.sort_by(|a, b| a.name.cmp(&b.name));
    }
    rule
}

/// Equal for rules that say the same: all but number and note counts. For canonical rules.
///
/// A digest rather than the rule itself, so that 100,000 of them stay small.
#[must_use]
pub(super) fn likeness(rule: &Rule) -> [u8; 32] {
    let silent = Rule {
        number: 0,
        note: String::new(),
        ..rule.clone()
    };
    Sha256::digest(serde_json::to_vec(&silent).unwrap_or_default()).into()
}

/// A number as the database has it; none that there is has more.
#[must_use]
pub(super) fn row(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A host's name as it is compared: lower case, labels of letters, digits and `-`, no port, no dot at the end.
#[must_use]
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

/// Whether rules decide for a brand: the kill switch and the revision both have a say.
#[must_use]
pub(super) fn effective_mode(switch: Mode, revision: Mode) -> Mode {
    match (switch, revision) {
        (Mode::Rules, Mode::Rules) => Mode::Rules,
        (Mode::Fallback, _) | (_, Mode::Fallback) => Mode::Fallback,
    }
}

/// As the database and the API have it.
#[must_use]
pub(super) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Rules => "rules",
        Mode::Fallback => "fallback",
    }
}

/// The inverse of [`mode_name`]; the schema knows no third.
#[must_use]
pub(super) fn parse_mode(name: &str) -> Mode {
    if name == "fallback" {
        Mode::Fallback
    } else {
        Mode::Rules
    }
}

/// Whether the edge would notice that one took the place of the other: test cases never reach it.
#[must_use]
pub(super) fn same_at_the_edge(a: &Settings, b: &Settings) -> bool {
    let seen = |settings: &Settings| Settings {
        tests: Vec::new(),
        ..settings.clone()
    };
    seen(a) == seen(b)
}

/// How two lists of rules differ, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub added: Vec<u32>,
    pub changed: Vec<u32>,
    pub removed: Vec<u32>,
}

/// From `old` to `new`, both sorted by number.
#[must_use]
pub(super) fn difference(old: &[Rule], new: &[Rule]) -> Difference {
    let mut difference = Difference::default();
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => return difference,
            (Some(gone), come) if come.is_none_or(|come| gone.number < come.number) => {
                difference.removed.push(gone.number);
                old.next();
            }
            (gone, Some(come)) if gone.is_none_or(|gone| come.number < gone.number) => {
                difference.added.push(come.number);
                new.next();
            }
            (Some(was), Some(is)) => {
                if was != is {
                    difference.changed.push(is.number);
                }
                old.next();
                new.next();
            }
            (Some(_), None) | (None, Some(_)) => return difference,
        }
    }
}

#[cfg(test)]
mod tests {
    use marquee_shared::rules::When;
    use time::macros::datetime;

    use super::*;

    fn rule(number: u32, priority: i32) -> Rule {
        let action = Action::Route(Target::Fallback);
        let when = When::default();
        Rule {
            number,
            enabled: true,
            priority,
            when,
            from: None,
            until: None,
            action,
            note: String::new(),
        }
    }

    #[test]
    fn hosts_are_written_one_way() {
        for good in ["go.acme.test", "a.b", "xn--bcher-kva.example"] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "Go.acme.test",
            "a.b.",
            "a.b:80",
            "a..b",
            "-a.b",
            "a b.c",
            "bücher.example",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn times_are_in_utc_where_that_can_be_written() {
        let noted = |time| {
            let rule = canonical(Rule {
                from: Some(time),
                ..rule(1, 0)
            });
            serde_json::to_value(rule).unwrap()["from"].clone()
        };
        assert_eq!(noted(datetime!(2027-01-01 00:00 +02:00)), "2026-12-31T22:00:00Z");
        assert_eq!(
            noted(datetime!(9999-12-31 23:59 -05:00)),
            "9999-12-31T23:59:00-05:00"
        );
        assert_eq!(
            noted(datetime!(0000-01-01 00:00 +05:00)),
            "0000-01-01T00:00:00+05:00"
        );
    }

    #[test]
    fn a_difference_names_each_rule_once() {
        let old = [rule(1, 0), rule(2, 0), rule(4, 0), rule(9, 0)];
        let new = [rule(2, 1), rule(3, 0), rule(4, 0), rule(10, 0), rule(11, 0)];
        let expected = Difference {
            added: vec![3, 10, 11],
            changed: vec![2],
            removed: vec![1, 9],
        };
        assert_eq!(difference(&old, &new), expected);
        assert_eq!(difference(&new, &new), Difference::default());
        assert_eq!(difference(&[], &old).added, [1, 2, 4, 9]);
    }

    #[test]
    fn rules_that_say_the_same_are_alike_whatever_their_number_and_note() {
        let noted = Rule {
            note: "the same".to_owned(),
            ..rule(2, 0)
        };
        assert_eq!(likeness(&rule(1, 0)), likeness(&noted));
        assert_ne!(likeness(&rule(1, 0)), likeness(&rule(1, 1)));
    }
}
