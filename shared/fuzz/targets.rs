//! One function per parser of bytes from outside. They panic on a broken promise, never on bad input.

use marquee_shared::city::CityTable;
use marquee_shared::compile::{check, compile};
use marquee_shared::decide::{Device, Site, Visitor, decide};
use marquee_shared::destination::{MAX_LOCATION_BYTES, location};
use marquee_shared::language::negotiate;
use marquee_shared::manifest::{Blob, Brand, Mode, verify};
use marquee_shared::rules::RuleSet;
use marquee_shared::table::Table;
use marquee_shared::template::host;
use marquee_shared::zip::{DATA_VERSION, Typed, Zip, locate};

type Target = (&'static str, fn(&[u8]));

pub(crate) const ALL: [Target; 7] = [
    ("zip", zip),
    ("table", table),
    ("city", city),
    ("manifest", manifest),
    ("rules", rules),
    ("language", language),
    ("template", template),
];

/// What is read as a ZIP has its five digits in the text, and is written as it was.
pub(crate) fn zip(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(typed) = Zip::parse(&text) {
        assert!(text.contains(&typed.zip.to_string()));
        assert_eq!(
            Zip::parse(&typed.zip.to_string()).map(|typed| typed.zip),
            Ok(typed.zip)
        );
        let _ = locate(typed.zip);
    }
}

/// Any bytes, and the same with a head that is in order, so that what lies deeper is reached.
pub(crate) fn table(bytes: &[u8]) {
    read_table(bytes.to_vec());
    let mut bytes = bytes.to_vec();
    let words = [u32::from_le_bytes(*b"MQTB"), 1, bytes.len() as u32, DATA_VERSION];
    if bytes.len() >= words.len() * 4 {
        bytes.splice(..words.len() * 4, words.into_iter().flat_map(u32::to_le_bytes));
        read_table(bytes);
    }
}

fn read_table(bytes: Vec<u8>) {
    let Ok(table) = Table::load(bytes) else { return };
    let brand = brand();
    let site = Site {
        brand: &brand,
        revision: 1,
        canary: false,
        table: &table,
        city: None,
    };
    for zip in [0, 501, 10_001, 90_210, 99_999] {
        let Some(zip) = Zip::from_number(zip) else {
            continue;
        };
        for (product, device) in [("auto", Device::Mobile), ("home", Device::Desktop)] {
            let typed = Typed { zip, plus4: None };
            for at in [0, 1_795_305_600] {
                let visitor = Visitor {
                    product,
                    zip: typed,
                    language: "en",
                    device,
                    media: "google",
                    at,
                    hit: "hit",
                    seed: 1,
                    query: "gclid=1",
                };
                let decision = decide(&site, &visitor);
                // The first invariant: whatever the table says, no other host is reached.
                assert!(
                    decision
                        .location
                        .is_none_or(|url| host(&url) == Some("q.example"))
                );
            }
        }
    }
}

pub(crate) fn city(bytes: &[u8]) {
    let mut in_order = bytes.to_vec();
    let words = [u32::from_le_bytes(*b"MQCT"), 1, bytes.len() as u32];
    if bytes.len() >= words.len() * 4 {
        in_order.splice(..words.len() * 4, words.into_iter().flat_map(u32::to_le_bytes));
    }
    for bytes in [bytes.to_vec(), in_order] {
        if let Ok(table) = CityTable::load(bytes) {
            for zip in (0..100_000).step_by(97).filter_map(Zip::from_number) {
                let _ = table.get(zip);
            }
        }
    }
}

/// Nobody has this key, so nothing is ever trusted.
pub(crate) fn manifest(bytes: &[u8]) {
    assert!(
        verify(
            bytes,
            &[("a".to_owned(), [7; 32]), ("b".to_owned(), [0; 32])],
            "local"
        )
        .is_err()
    );
}

/// What parses survives a round trip, and what passes the checks compiles to a table that loads.
pub(crate) fn rules(bytes: &[u8]) {
    let Ok(set) = serde_json::from_slice::<RuleSet>(bytes) else {
        return;
    };
    let again = serde_json::to_vec(&set)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok());
    assert_eq!(again.as_ref(), Some(&set));
    if check(&set).is_empty()
        && let Ok(compiled) = compile(&set)
    {
        assert!(Table::load(compiled.bytes).is_ok_and(|table| table.brand() == set.brand));
    }
}

pub(crate) fn language(bytes: &[u8]) {
    let languages = ["en", "es", "pt-br"].map(String::from);
    let chosen = negotiate(&String::from_utf8_lossy(bytes), &languages, "en");
    assert!(languages.iter().any(|language| language == chosen));
}

/// Bytes are a template, a value and a query: the host stays, nothing breaks a header, and it is not too long.
pub(crate) fn template(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.splitn(3, '\n');
    let [template, value, query] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let allowed = ["q.example".to_owned()];
    let pass = ["utm_*".to_owned(), "gclid".to_owned()];
    let parameters = [("zip", "{zip}"), ("p", "{phone}")];
    for template in [template, &format!("https://q.example/{template}")] {
        let url = location(
            template,
            parameters.into_iter(),
            &|_| value,
            query,
            &pass,
            &allowed,
        );
        let Some(url) = url else { continue };
        assert_eq!(host(&url), Some("q.example"));
        let own = location(template, parameters.into_iter(), &|_| value, "", &pass, &allowed);
        assert!(url.len() <= MAX_LOCATION_BYTES || Some(&url) == own.as_ref());
        // Values and query bring no characters but a URL's; templates are checked when they are published.
        if !template.contains(['\r', '\n']) {
            assert!(!url.contains(['\r', '\n']));
        }
    }
}

fn brand() -> Brand {
    Brand {
        code: "acme".to_owned(),
        hosts: Vec::new(),
        origins: Vec::new(),
        languages: vec!["en".to_owned()],
        default_language: "en".to_owned(),
        destinations: vec!["q.example".to_owned()],
        pass_query: vec!["gclid".to_owned()],
        ask_url: None,
        fallback_url: Some("https://q.example/".to_owned()),
        mode: Mode::Rules,
        revision: 1,
        table: Blob {
            sha256: String::new(),
            size: 0,
        },
        city: None,
        canary: None,
    }
}
