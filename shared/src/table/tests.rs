use super::*;
use crate::compile::compile;
use crate::decide::{Device, Visitor};
use crate::rules::RuleSet;
use crate::zip::{Zip, locate};

/// Small, with everything a table can hold.
fn bytes() -> Vec<u8> {
    let set: RuleSet = serde_json::from_str(include_str!("tests/small.json")).unwrap();
    compile(&set).unwrap().bytes
}

/// Asks so that every kind of page, window, split, system and attribute is read.
fn ask(table: &Table) -> String {
    let mut answers = String::new();
    for zip in [501, 10_001, 10_099, 90_210, 99_999, 0] {
        for product in ["auto", "home", "none"] {
            for (media, at) in [("google", 0), ("mail", 1_795_305_600), ("", i64::MAX)] {
                let zip = Zip::from_number(zip).unwrap();
                let visitor = Visitor {
                    product,
                    zip: crate::zip::Typed { zip, plus4: None },
                    language: "en",
                    device: Device::Tablet,
                    media,
                    at,
                    hit: "",
                    seed: 0,
                    query: "",
                };
                let Some(question) = table.question(&visitor, locate(zip).state) else {
                    continue;
                };
                for route in [
                    table.destination(&question),
                    table.fallback(&question),
                    table.brand_fallback(),
                ] {
                    for variant in route
                        .into_iter()
                        .flat_map(|route| table.variants(route).take(1_000))
                    {
                        let parameters = variant
                            .system
                            .into_iter()
                            .flat_map(|s| table.parameters(s).take(1_000));
                        answers += &format!("{} {:?}\n", variant.url, parameters.collect::<Vec<_>>());
                    }
                }
                answers += &format!("{:?} {:?}\n", table.rule(&question), table.attributes(&question));
            }
        }
    }
    let aliases = [
        Dimension::Product,
        Dimension::Language,
        Dimension::Device,
        Dimension::Media,
    ];
    answers
        + &format!(
            "{:?} {}",
            aliases.map(|dimension| table.alias(dimension, "X")),
            table.brand()
        )
}

#[test]
fn a_table_answers_what_is_in_it() {
    let table = Table::load(bytes()).unwrap();
    assert_eq!((table.brand(), table.size()), ("acme", bytes().len()));
    assert_eq!(
        [table.product("auto"), table.product("boat"), table.product("")],
        [true, false, false]
    );
    assert_eq!(table.alias(Dimension::Product, "AU"), Some("auto"));
    assert_eq!(table.alias(Dimension::Media, "GG"), Some("google"));
    assert_eq!(table.alias(Dimension::Media, "gg"), None);
    insta::assert_snapshot!(ask(&table));
}

#[test]
fn k04_a_table_cut_anywhere_is_refused() {
    let bytes = bytes();
    for length in 0..bytes.len() {
        let damage = Table::load(bytes[..length].to_vec()).unwrap_err();
        assert!(
            matches!(
                damage,
                Damage::NotATable | Damage::Truncated | Damage::Inconsistent("format")
            ),
            "{length}"
        );
    }
    assert_eq!(
        Table::load([bytes.as_slice(), &[0]].concat()).unwrap_err(),
        Damage::Truncated
    );
}

#[test]
fn k05_no_flipped_bit_makes_the_reader_panic() {
    let bytes = bytes();
    let mut refused = 0;
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match Table::load(damaged) {
            Err(_) => refused += 1,
            // What is left is valid structure: only the hash sees it.
            Ok(table) if bit % 5 == 0 => drop(ask(&table)),
            Ok(_) => {}
        }
    }
    assert!(refused * 3 > bytes.len() * 8, "{refused} of {}", bytes.len() * 8);
}

#[test]
fn k05_no_damaged_words_make_the_reader_panic() {
    let bytes = bytes();
    let words = bytes.len() / 4;
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let values = [
        0_u32,
        1,
        2,
        63,
        64,
        65,
        255,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX,
        u32::MAX - 7,
    ];
    for _ in 0..100_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=next(3) {
            // The beginning, where the structure is, is hit more often.
            let at = if next(2) == 0 {
                next(words)
            } else {
                next(words.min(200))
            } * 4;
            let old = u32::from_le_bytes(damaged[at..at + 4].try_into().unwrap());
            let value = match next(3) {
                0 => values[next(values.len())],
                1 => old.wrapping_add(next(9) as u32).wrapping_sub(4),
                _ => next(bytes.len() + 8) as u32,
            };
            damaged[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        if let Ok(table) = Table::load(damaged) {
            ask(&table);
        }
    }
}

#[test]
fn k11_a_newer_table_is_refused_as_such_and_so_are_others() {
    let changed = |at: usize, value: u32| {
        let mut bytes = bytes();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        Table::load(bytes).unwrap_err()
    };
    assert_eq!(changed(layout::FORMAT_AT, 2), Damage::NewerFormat(2));
    assert_eq!(changed(layout::FORMAT_AT, 0), Damage::Inconsistent("format"));
    assert_eq!(changed(layout::MAGIC_AT, 0), Damage::NotATable);
    assert_eq!(changed(layout::ZIP_DATA_AT, 7), Damage::OtherZipData(7));
    assert_eq!(changed(layout::BRAND, u32::MAX), Damage::Inconsistent("strings"));
    assert_eq!(Table::load(Vec::new()).unwrap_err(), Damage::NotATable);
}

#[test]
fn k12_a_target_out_of_range_or_without_a_variant_is_refused_at_load() {
    let table = Table::load(bytes()).unwrap();
    let (info_at, target_at) = (table.layers[0].info_at, table.list(List::Targets).0);
    let (variant_at, _) = table.list(List::Variants);
    let changed = |at: usize, value: u32| {
        let mut bytes = bytes();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        Table::load(bytes).unwrap_err()
    };
    assert_eq!(changed(info_at + 4, 9_999), Damage::Inconsistent("ranks"));
    assert_eq!(changed(target_at + 8, 0), Damage::Inconsistent("targets"));
    assert_eq!(changed(target_at + 8, u32::MAX), Damage::Inconsistent("targets"));
    assert_eq!(changed(target_at, 9), Damage::Inconsistent("targets"));
    assert_eq!(changed(variant_at + 8, 9_999), Damage::Inconsistent("targets"));
    assert_eq!(changed(variant_at + 12, 9_999), Damage::Inconsistent("targets"));
    // Buckets that do not ascend: overlapping shares.
    assert_eq!(changed(variant_at + 4, 10_001), Damage::Inconsistent("targets"));
}
