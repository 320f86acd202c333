//! The fuzz targets, over good inputs and thousands of damaged ones: so that they keep compiling, and hold.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use marquee_shared::city;
use marquee_shared::compile::compile;
use marquee_shared::rules::RuleSet;
use marquee_shared::zip::Zip;

#[path = "../fuzz/targets.rs"]
mod targets;

const RULES: &str = include_str!("golden/rules.json");

/// Good inputs of each target; damaged from there.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    match target {
        "zip" => texts(&["90210", "02108-1234", " 123456789 ", "90210 1234", "９０２１０"]),
        "table" => {
            let set: RuleSet = serde_json::from_str(RULES).unwrap();
            vec![compile(&set).unwrap().bytes]
        }
        "city" => {
            let cities = [(501, "Holtsville"), (10_001, "New York"), (99_999, "Ñ")];
            let cities = cities
                .into_iter()
                .filter_map(|(zip, city)| Some((Zip::from_number(zip)?, city)));
            vec![city::compile(cities)]
        }
        "manifest" => texts(&[r#"{"payload":"e30","signatures":[{"key_id":"a","sig":"AAAA"}]}"#]),
        "rules" => texts(&[RULES]),
        "language" => texts(&["es-MX,es;q=0.9,en;q=0.8,*;q=0", "pt"]),
        "template" => texts(&[
            "https://q.example/{city}?a={zip}#{zip}\nNew York\nutm_source=a%20b&gclid=1",
            "{zip\n\r\nx\n&&utm_=%0d%0a&gclid",
            "@evil.example/\n://\ngclid=a",
        ]),
        other => panic!("no seeds for {other}"),
    }
}

#[test]
fn k20_every_target_holds_over_its_corpus() {
    let mut state = 1_u64;
    let mut below = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for (name, target) in targets::ALL {
        target(b"");
        for seed in seeds(name) {
            target(&seed);
            for _ in 0..3_000 {
                let mut bytes = seed.clone();
                for _ in 0..=below(4) {
                    let at = below(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
                    match below(4) {
                        _ if bytes.is_empty() => bytes.push(b'0'),
                        0 => bytes[at] ^= 1 << below(8),
                        1 => bytes[at] = below(256) as u8,
                        2 => drop(bytes.remove(at)),
                        _ => bytes.truncate(at),
                    }
                }
                target(&bytes);
            }
        }
    }
}
