//! Whatever a draft may hold, its export imports to the same draft, and that exports to the same bytes.

use std::collections::{BTreeMap, HashSet};

use marquee_shared::rules::{Settings, ZipClause};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::redirects::domain::{canonical, likeness};
use crate::redirects::import::{Format, Options, Parsed, Progress, read};

fn code() -> impl Strategy<Value = String> {
    "[a-z0-9][a-z0-9-]{0,6}"
}

fn zip() -> impl Strategy<Value = ZipClause> {
    prop_oneof![
        (0..100_000_u32).prop_map(ZipClause::Exact),
        (0..1_000_u32).prop_map(ZipClause::Prefix),
        (0..50_000_u32, 50_000..100_000_u32).prop_map(|(first, last)| ZipClause::Range(first, last)),
    ]
}

fn moment() -> impl Strategy<Value = Option<OffsetDateTime>> {
    let nanoseconds = prop_oneof![Just(0), 0..1_000_000_000_i64];
    let moment = (0..4_000_000_000_i64, nanoseconds).prop_map(|(second, nanosecond)| {
        OffsetDateTime::from_unix_timestamp(second).unwrap() + time::Duration::nanoseconds(nanosecond)
    });
    of(moment)
}

fn when() -> impl Strategy<Value = When> {
    let codes = || vec(code(), 0..3);
    let states = vec(select(vec!["AK", "CT", "MA", "NY", "TX"]), 0..3);
    (codes(), codes(), codes(), codes(), states, vec(zip(), 0..4)).prop_map(
        |(product, language, device, media, state, zip)| When {
            product,
            language,
            device,
            media,
            state: state.into_iter().map(str::to_owned).collect(),
            zip,
        },
    )
}

/// By name, as no two of a rule may share one.
fn variants() -> impl Strategy<Value = Vec<Variant>> {
    let url = r"https://quotes\.acme\.example/[a-zA-Z0-9._~:/?#@!$&'()*+,;={}-]{0,20}";
    let rest = (0..1_000_u32, url, of(code()));
    btree_map(code(), rest, 1..4).prop_map(|variants| {
        let variants = variants.into_iter();
        let variant = |(name, (weight, url, system))| Variant {
            name,
            weight,
            url,
            system,
        };
        variants.map(variant).collect()
    })
}

fn action() -> impl Strategy<Value = Action> {
    let split = (select(vec![Split::Sticky, Split::Rotate]), variants());
    // A value may be any text without control characters, blanks at its ends included.
    let value = prop_oneof![r"[ %|=,;\x22'a-c]{1,8}", r"[^\p{Cc}]{1,20}"];
    prop_oneof![
        Just(Action::Route(Target::Fallback)),
        split.prop_map(|(split, variants)| Action::Route(Target::Split { split, variants })),
        btree_map("[a-z][a-z0-9_]{0,6}", value, 1..4).prop_map(Action::Attribute),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let note = prop_oneof![
        Just(String::new()),
        r"[=+@'\t\r\n ,\x22a-c-]{0,6}",
        any::<String>()
    ];
    (
        any::<bool>(),
        any::<i32>(),
        when(),
        moment(),
        moment(),
        action(),
        note,
    )
        .prop_map(|(enabled, priority, when, from, until, action, note)| Rule {
            number: 0,
            enabled,
            priority,
            when,
            from,
            until,
            action,
            note,
        })
}

/// As a draft holds them: numbered, in canonical form, none saying what another says.
fn rules() -> impl Strategy<Value = Vec<Rule>> {
    btree_map(1..=i32::MAX as u32, rule(), 0..12).prop_map(|rules: BTreeMap<u32, Rule>| {
        let mut seen = HashSet::new();
        let rules = rules
            .into_iter()
            .map(|(number, rule)| canonical(Rule { number, ..rule }));
        rules.filter(|rule| seen.insert(likeness(rule))).collect()
    })
}

/// A rule as somebody's program may send it: every text is any text.
fn odd_rule() -> impl Strategy<Value = Rule> {
    let text = || {
        prop_oneof![
            code(),
            r"[ A-Ca-c|=,;%\x22'-]{0,4}",
            Just("fallback".to_owned()),
            Just("NY".to_owned())
        ]
    };
    let variant = (text(), text(), of(text())).prop_map(|(name, url, system)| Variant {
        name,
        weight: 1,
        url,
        system,
    });
    let action = prop_oneof![
        vec(variant, 1..3).prop_map(|variants| {
            let split = Split::Sticky;
            Action::Route(Target::Split { split, variants })
        }),
        btree_map(text(), text(), 1..3).prop_map(Action::Attribute),
    ];
    let texts = || vec(text(), 0..2);
    (rule(), texts(), texts(), texts(), action).prop_map(|(rule, product, media, state, action)| Rule {
        number: 1,
        when: When {
            product,
            media,
            state,
            ..rule.when
        },
        action,
        ..rule
    })
}

fn imported(file: &[u8], format: Format) -> Parsed {
    let options = Options {
        settings: true,
        ..Options::default()
    };
    let parsed = read(file, format, "acme", options, &Progress::untold());
    let text = String::from_utf8_lossy(file);
    assert!(
        parsed.problems.is_empty(),
        "{:?} in\n{text}",
        parsed.problems.items
    );
    assert!(parsed.repairs.is_empty(), "{:?} in\n{text}", parsed.repairs.items);
    parsed
}

proptest! {
    #[test]
    fn csv_goes_out_and_in_unchanged(rules in rules()) {
        let file = csv(&rules).unwrap();
        let back = imported(&file, Format::Csv).rules;
        prop_assert_eq!(&back, &rules);
        prop_assert_eq!(csv(&back).unwrap(), file);
    }

    #[test]
    fn json_goes_out_and_in_unchanged(rules in rules()) {
        let file = json(&rules).unwrap();
        let back = imported(&file, Format::Json).rules;
        prop_assert_eq!(&back, &rules);
        prop_assert_eq!(json(&back).unwrap(), file);
    }

    #[test]
    fn what_json_brings_csv_carries_or_it_is_refused(rule in odd_rule()) {
        let file = json(&[rule]).unwrap();
        let parsed = read(&file, Format::Json, "acme", Options::default(), &Progress::untold());
        if parsed.problems.is_empty() {
            prop_assert_eq!(imported(&csv(&parsed.rules).unwrap(), Format::Csv).rules, parsed.rules);
        }
    }

    #[test]
    fn a_whole_draft_goes_out_and_in_unchanged(rules in rules(), fallback_url in of("https://[a-z]{1,5}/")) {
        let settings = Settings { fallback_url, ..Settings::default() };
        let set = RuleSet { brand: "acme".to_owned(), settings, rules };
        let file = whole_json(&set).unwrap();
        let parsed = imported(&file, Format::Json);
        let back = RuleSet { settings: parsed.settings.unwrap(), rules: parsed.rules, ..set.clone() };
        prop_assert_eq!(&back, &set);
        prop_assert_eq!(whole_json(&back).unwrap(), file);
    }
}
