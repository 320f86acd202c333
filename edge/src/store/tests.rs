use marquee_shared::city;
use marquee_shared::compile::compile;
use marquee_shared::manifest::{Blob, Mode};
use serde_json::json;

use super::*;

/// A city table of this many bytes, most of them padding.
fn padded_city(bytes: usize) -> Rc<CityTable> {
    let mut table = city::compile(std::iter::empty());
    table.resize(bytes, 0);
    table[8..12].copy_from_slice(&u32::try_from(bytes).unwrap().to_le_bytes());
    Rc::new(CityTable::load(table).unwrap())
}

fn small_table(brand: &str) -> Rc<Table> {
    let set = json!({
        "brand": brand,
        "settings": {"hosts": [], "origins": [], "languages": ["en"], "default_language": "en",
            "destinations": ["quotes.test"], "products": [{"code": "auto"}]},
        "rules": [{"kind": "route", "rule": 1, "when": {},
            "target": {"variants": [{"name": "a", "url": "https://quotes.test/1"}]}}],
    });
    let compiled = compile(&serde_json::from_value(set).unwrap()).unwrap();
    Rc::new(Table::load(compiled.bytes).unwrap())
}

fn blob(name: String) -> Blob {
    Blob {
        sha256: name,
        size: 0,
    }
}

fn brand(code: &str, city: &str) -> Brand {
    Brand {
        code: code.to_owned(),
        hosts: vec![format!("go.{code}.test")],
        origins: vec![],
        languages: vec!["en".to_owned()],
        default_language: "en".to_owned(),
        destinations: vec!["quotes.test".to_owned()],
        pass_query: vec![],
        ask_url: None,
        fallback_url: None,
        mode: Mode::Rules,
        revision: 1,
        table: blob(format!("table of {code}")),
        city: Some(blob(city.to_owned())),
        canary: None,
    }
}

/// A store that knows these brands, each with the name of its city table, and has loaded none.
fn store(brands: &[(&str, &str)]) -> Store {
    let mut store = Store::default();
    let manifest = Manifest {
        format: 1,
        min_reader: 1,
        env: "test".to_owned(),
        sequence: 1,
        created_at: 0,
        soft_expires_at: i64::MAX,
        brands: brands.iter().map(|(code, city)| brand(code, city)).collect(),
    };
    assert_eq!(store.accept(manifest, "key", 0, 0), Ok(true));
    store
}

fn install(store: &mut Store, code: &str, city: &Rc<CityTable>, now_ms: u64) {
    let installed = Installed {
        brand: store.live(code).unwrap().clone(),
        table: small_table(code),
        city: Some(Rc::clone(city)),
        canary: None,
    };
    store.install(installed, now_ms);
}

fn is_ready(store: &Store, code: &str, now_ms: u64) -> bool {
    matches!(store.find(Wanted::Code(code), now_ms), Found::Ready(_))
}

#[test]
fn visitors_wait_once_what_is_here_was_confirmed_too_long_ago() {
    let mut store = Store::default();
    // Without a manifest everyone waits for the first one anyway.
    assert!(!store.overdue(u64::MAX));
    store = self::store(&[("a", "1")]);
    store.confirmed(1_000, 60_000);
    assert!(!store.overdue(60_999) && store.overdue(61_000));
}

#[test]
fn after_a_wait_in_vain_nobody_waits_for_a_while() {
    let mut store = store(&[("a", "1")]);
    for (max_age_ms, until_ms) in [(0, 71_000), (60_000, 121_000)] {
        store.waited_in_vain(61_000, max_age_ms);
        assert!(!store.overdue(until_ms - 1) && store.overdue(until_ms));
    }
}

#[test]
fn a_lookup_lasts_until_the_tables_are_there() {
    let mut store = store(&[("a", "1")]);
    assert!(store.refresh_due(0));
    store.loaded(MANIFEST, Ok(()), 10);
    store.refreshed(10, 0);
    let before = store.lookups();
    assert!(!store.refresh_due(20));
    store.confirmed(30, 0);
    assert!(store.lookups() != before && store.refresh_due(30));
}

#[test]
fn the_brand_unused_for_longest_makes_room() {
    let mut store = store(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
    for (code, now_ms) in [("a", 1), ("b", 2), ("c", 3)] {
        install(&mut store, code, &padded_city(15 << 20), now_ms);
    }
    assert!(store.bytes() <= MAX_BYTES);
    // By its host it is used as well.
    assert!(matches!(
        store.find(Wanted::Host("go.a.test"), 4),
        Found::Ready(_)
    ));

    install(&mut store, "d", &padded_city(15 << 20), 5);
    assert!(store.bytes() <= MAX_BYTES);
    assert!(matches!(store.find(Wanted::Code("b"), 6), Found::Missing(code) if code == "b"));
    assert!(["a", "c", "d"].into_iter().all(|code| is_ready(&store, code, 6)));
}

#[test]
fn what_brands_share_counts_once() {
    let codes = ["a", "b", "c", "d", "e"];
    let mut store = store(&codes.map(|code| (code, "shared")));
    let city = padded_city(40 << 20);
    for code in codes {
        install(&mut store, code, &city, 1);
    }
    assert!(codes.into_iter().all(|code| is_ready(&store, code, 2)));
}

#[test]
fn a_brand_too_large_for_an_isolate_answers_alone() {
    let mut store = store(&[("a", "1"), ("huge", "2"), ("b", "3")]);
    install(&mut store, "a", &padded_city(1 << 20), 1);
    install(&mut store, "huge", &padded_city(MAX_BYTES + 1), 2);
    assert!(!is_ready(&store, "a", 3) && is_ready(&store, "huge", 3));

    install(&mut store, "b", &padded_city(1 << 20), 4);
    assert!(!is_ready(&store, "huge", 5) && is_ready(&store, "b", 5));
}

#[test]
fn tables_of_an_evicted_brand_are_freed_once_nobody_answers_by_them() {
    let mut store = store(&[("a", "1"), ("b", "2")]);
    install(&mut store, "a", &padded_city(30 << 20), 1);
    let Found::Ready(answering) = store.find(Wanted::Code("a"), 2) else {
        panic!("it is there");
    };
    install(&mut store, "b", &padded_city(30 << 20), 3);
    assert!(!is_ready(&store, "a", 4) && store.city("1").is_some());
    drop(answering);
    assert!(store.city("1").is_none() && store.table("table of a").is_none());
}
