//! The analyses against brute force: the edge's own decision, for every cell and at every instant that matters.

use std::collections::{BTreeMap, HashMap};

use marquee_shared::decide::{Device, Site, Visitor, decide};
use marquee_shared::manifest;
use marquee_shared::rules::{Action, Product, Rule, Settings, Split, Target, Variant, ZipClause};
use marquee_shared::table::Table;
use marquee_shared::zip::Typed;
use proptest::prelude::*;

use super::*;
use crate::redirects::manifest::sketch;

const PRODUCTS: [&str; 3] = ["auto", "home", "boat"];
const LANGUAGES: [&str; 2] = ["en", "es"];
const MEDIA: [&str; 2] = ["google", "mail"];
const OTHER: &str = "any-other";
const STATES: [&str; 3] = ["NY", "CT", "CA"];
const INSTANTS: [i64; 4] = [0, 5, 10, 20];

/// A rule set, and what the edge makes of it.
struct Edge {
    brand: manifest::Brand,
    table: Table,
    set: RuleSet,
}

/// What a visitor gets.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    location: Option<String>,
    attributes: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    product: &'static str,
    language: &'static str,
    device: Device,
    media: &'static str,
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for product in PRODUCTS {
        for language in LANGUAGES {
            for device in Device::ALL {
                for media in [OTHER, MEDIA[0], MEDIA[1]] {
                    cells.push(Cell {
                        product,
                        language,
                        device,
                        media,
                    });
                }
            }
        }
    }
    cells
}

impl Edge {
    fn of(set: &RuleSet) -> Self {
        let bytes = compile::compile(set)
            .unwrap_or_else(|refused| panic!("{refused:?}"))
            .bytes;
        Self {
            brand: sketch(set),
            table: Table::load(bytes).unwrap(),
            set: set.clone(),
        }
    }

    fn answer(&self, zip: u32, cell: Cell, at: i64) -> Got {
        let site = Site {
            brand: &self.brand,
            revision: 0,
            canary: false,
            table: &self.table,
            city: None,
        };
        let settings = &self.set.settings;
        let speaks = settings
            .languages
            .iter()
            .any(|language| language == cell.language);
        let visitor = Visitor {
            product: cell.product,
            zip: Typed {
                zip: Zip::from_number(i64::from(zip)).unwrap(),
                plus4: None,
            },
            language: if speaks {
                cell.language
            } else {
                &settings.default_language
            },
            device: cell.device,
            media: cell.media,
            at,
            hit: "hit",
            seed: 7,
            query: "",
        };
        let decision = decide(&site, &visitor);
        let attributes = decision.attributes.iter();
        Got {
            attributes: attributes
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            location: decision.location,
        }
    }
}

/// ZIPs that no rule tells apart.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    zip: u32,
    state: Option<&'static str>,
    listed: u64,
    unlisted: u64,
}

fn places(sets: &[&RuleSet]) -> Vec<Place> {
    let rules = sets.iter().flat_map(|set| &set.rules);
    let clauses: Vec<_> = rules
        .flat_map(|rule| &rule.when.zip)
        .map(|clause| clause.interval())
        .collect();
    let mut places: HashMap<(Option<&str>, Vec<bool>), Place> = HashMap::new();
    for zip in 0..100_000 {
        let at = locate(Zip::from_number(i64::from(zip)).unwrap());
        let named = clauses.iter().map(|clause| clause.contains(&zip)).collect();
        let state = at.state.map(State::code);
        let place = places.entry((state, named)).or_insert(Place {
            zip,
            state,
            ..Place::default()
        });
        place.listed += u64::from(at.known);
        place.unlisted += u64::from(!at.known);
    }
    places.into_values().collect()
}

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        Just(Vec::new()),
        prop::sample::subsequence(values, 1..=values.len())
            .prop_map(|values| values.into_iter().map(str::to_owned).collect()),
    ]
}

fn zip() -> impl Strategy<Value = String> {
    let zips = [501, 10_001, 10_002, 10_100, 90_210, 6_390, 6_389];
    prop::sample::select(zips.to_vec()).prop_flat_map(|zip| {
        let clauses = [
            ZipClause::Exact(zip),
            ZipClause::Prefix(zip / 100),
            ZipClause::Range(zip, zip + 250),
        ];
        prop::sample::select(clauses.map(|clause| clause.to_string()).to_vec())
    })
}

fn place() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    prop_oneof![
        2 => Just((Vec::new(), Vec::new())),
        2 => some(&STATES).prop_map(|states| (states, Vec::new())),
        2 => (some(&STATES), prop::collection::vec(zip(), 1..3)),
    ]
}

fn window() -> impl Strategy<Value = (Option<i64>, Option<i64>)> {
    prop_oneof![
        4 => Just((None, None)),
        1 => Just((Some(0), Some(10))),
        1 => Just((Some(5), None)),
        1 => Just((None, Some(5))),
        1 => Just((Some(10), Some(20))),
    ]
}

/// Where to: a path, the fallback, or a variable's value instead.
fn action() -> impl Strategy<Value = (&'static str, u8)> {
    prop_oneof![
        4 => (0_u8..3).prop_map(|path| ("route", path)),
        1 => Just(("fallback", 0)),
        1 => (0_u8..3).prop_map(|value| ("attribute", value)),
    ]
}

/// Of a brand with these products.
fn rule() -> impl Strategy<Value = Value> {
    let when = (
        some(&PRODUCTS),
        some(&LANGUAGES),
        some(&["mobile", "tablet", "desktop"]),
        some(&MEDIA),
        place(),
    );
    (when, window(), action()).prop_map(
        |((product, language, device, media, (state, zip)), (from, until), (kind, number))| {
            let mut when = json!({});
            for (key, values) in [
                ("product", product),
                ("language", language),
                ("device", device),
                ("media", media),
                ("state", state),
                ("zip", zip),
            ] {
                if !values.is_empty() {
                    when[key] = json!(values);
                }
            }
            let time = |at: Option<i64>| at.map(|at| format!("1970-01-01T00:00:{at:02}Z"));
            let mut rule = json!({ "when": when, "from": time(from), "until": time(until) });
            match kind {
                "route" => {
                    let url = format!("https://q.example/{number}");
                    rule["target"] = json!({ "variants": [{ "name": "a", "url": url }] });
                }
                "fallback" => rule["target"] = json!({ "fallback": true }),
                _ => rule["vars"] = json!({ "phone": number.to_string() }),
            }
            rule["kind"] = json!(if kind == "attribute" { "attribute" } else { "route" });
            rule
        },
    )
}

/// A set without errors: rules name nothing that the brand does not have, and none is as good as another.
fn rule_set() -> impl Strategy<Value = RuleSet> {
    let products = prop::sample::subsequence(&PRODUCTS, 1..=3);
    let fallbacks = prop::collection::vec(prop::option::of(0_u8..3), 4);
    let rules = prop::collection::vec(rule(), 0..7);
    (products, any::<bool>(), fallbacks, rules).prop_map(|(products, spanish, fallbacks, mut rules)| {
        let url = |fallback: &Option<u8>| fallback.map(|path| format!("https://q.example/{path}"));
        let codes = products.iter().zip(&fallbacks);
        let languages = if spanish { &LANGUAGES[..] } else { &LANGUAGES[..1] };
        let settings = json!({
            "languages": languages,
            "default_language": "en",
            "destinations": ["q.example"],
            "fallback_url": url(&fallbacks[3]),
            "products": codes.map(|(code, path)| json!({ "code": code, "fallback_url": url(path) })).collect::<Vec<_>>(),
        });
        rules.push(json!({
            "kind": "route", "when": { "product": [products[0]], "state": ["WY"] },
            "target": { "variants": [{ "name": "a", "url": "https://q.example/0" }] }
        }));
        for (index, rule) in rules.iter_mut().enumerate() {
            (rule["rule"], rule["priority"]) = (json!(index + 1), json!(index * 7 % 8));
            for (key, known) in [("product", &products[..]), ("language", languages)] {
                if let Some(values) = rule["when"].get_mut(key).and_then(Value::as_array_mut) {
                    values.retain(|value| known.iter().any(|known| value == known));
                    if values.is_empty() {
                        rule["when"].as_object_mut().unwrap().remove(key);
                    }
                }
            }
            if rule["target"]["fallback"] == true && fallbacks[3].is_none() {
                rule["target"] = json!({ "variants": [{ "name": "a", "url": "https://q.example/1" }] });
            }
        }
        serde_json::from_value(json!({ "brand": "acme", "settings": settings, "rules": rules })).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whoever_has_no_answer_is_in_one_group(set in rule_set(), since in prop::sample::select(vec![0_i64, 5])) {
        let edge = Edge::of(&set);
        let gaps = analyse(&set, since).unwrap().gaps;
        prop_assert_eq!(gaps.groups.len(), gaps.groups_found);
        let (mut now, mut ever, mut all) = (0, 0, 0);
        let has = |list: &Option<Vec<String>>, word: &str| list.as_ref().is_none_or(|list| list.iter().any(|own| own == word));
        let named = set.rules.iter().flat_map(|rule| &rule.when.media).collect::<std::collections::BTreeSet<_>>();
        for place in places(&[&set]).into_iter().filter(|place| place.listed > 0) {
            let ours = |cell: &Cell| set.settings.products.iter().any(|product| product.code == cell.product)
                && set.settings.languages.iter().any(|language| language == cell.language)
                && (cell.media == OTHER || named.iter().any(|media| *media == cell.media));
            for cell in cells().into_iter().filter(ours) {
                let open = |at: &i64| edge.answer(place.zip, cell, *at).location.is_none();
                let times: Vec<bool> = INSTANTS.iter().filter(|at| **at >= since).map(open).collect();
                all += place.listed;
                now += place.listed * u64::from(times[0]);
                ever += place.listed * u64::from(times.contains(&true));
                let groups = gaps.groups.iter().filter(|gap| {
                    has(&gap.products, cell.product)
                        && has(&gap.languages, cell.language)
                        && has(&gap.devices, cell.device.as_str())
                        && gap.media_except.as_ref().is_none_or(|except| !except.iter().any(|media| media == cell.media))
                        && has(&gap.media, cell.media)
                        && gap.states.iter().any(|state| Some(state.state) == place.state)
                        && gap.since.is_none() == times[0]
                });
                prop_assert!(!times.contains(&true) || groups.count() > 0, "{:?} {:?}", place, cell);
            }
        }
        prop_assert_eq!((gaps.cells, gaps.unanswered_cells), (all, now));
        prop_assert_eq!(gaps.groups.iter().map(|gap| gap.cells).sum::<u64>(), ever);
        for gap in &gaps.groups {
            prop_assert!(edge.meets(&gap.example, since).location.is_none(), "{:?}", gap);
        }
    }

    #[test]
    fn who_gets_something_else_is_who_does_so_at_the_edge(
        old in rule_set(), new in rule_set(), since in prop::sample::select(vec![0_i64, 5]),
    ) {
        let (ours, theirs) = (Edge::of(&old), Edge::of(&new));
        let found = difference(&old, &new, since).unwrap();
        let mut alike = true;
        let mut destinations: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
        let mut phones: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
        let all = [&old, &new];
        let named = |cell: &Cell| all.iter().any(|set| set.settings.products.iter().any(|product| product.code == cell.product))
            && all.iter().any(|set| set.settings.languages.iter().any(|language| language == cell.language))
            && (cell.media == OTHER || all.iter().any(|set| set.rules.iter().any(|rule| rule.when.media.iter().any(|media| media == cell.media))));
        let cells: Vec<Cell> = cells().into_iter().filter(named).collect();
        for place in places(&all) {
            let mut differs = [false; 2];
            for cell in &cells {
                let got = INSTANTS.iter().filter(|at| **at >= since).map(|at| {
                    (ours.answer(place.zip, *cell, *at), theirs.answer(place.zip, *cell, *at))
                });
                let parted: Vec<[bool; 2]> = got.map(|(a, b)| [a.location != b.location, a.attributes != b.attributes]).collect();
                for (layer, sums) in [&mut destinations, &mut phones].into_iter().enumerate() {
                    let parted: Vec<bool> = parted.iter().map(|parted| parted[layer]).collect();
                    alike &= !parted.contains(&true);
                    differs[layer] |= parted[0];
                    if let Some(state) = place.state.filter(|_| parted.contains(&true) && place.listed > 0) {
                        let sum = sums.entry(state).or_default();
                        sum[usize::from(!parted[0])] += place.listed;
                    }
                }
            }
            for (differs, sums) in differs.into_iter().zip([&mut destinations, &mut phones]) {
                if let Some(sum) = place.state.filter(|_| differs).and_then(|state| sums.get_mut(state)) {
                    sum[2] += place.listed;
                }
            }
        }
        prop_assert_eq!(found.alike, alike);
        let by_state = |changes: &Changes| -> BTreeMap<&str, [u64; 3]> {
            changes.states.iter().map(|state| (state.state, [state.cells, state.later_cells, state.zips])).collect()
        };
        prop_assert_eq!(by_state(&found.destinations), destinations);
        let variable = found.variables.first().map(|phone| by_state(&phone.changes));
        prop_assert_eq!(variable.unwrap_or_default(), phones);
        let pairs = &found.destinations.pairs;
        prop_assert_eq!(pairs.iter().map(|pair| pair.cells).sum::<u64>(), found.destinations.cells);
        for pair in pairs {
            let (was, is) = (ours.meets(&pair.example, since), theirs.meets(&pair.example, since));
            prop_assert_ne!(&was.location, &is.location);
            prop_assert_eq!((&was.location, &is.location), (&pair.from.gives, &pair.to.gives));
        }
    }

    #[test]
    fn rules_that_clash_both_want_their_example(set in rule_set()) {
        let mut set = set;
        set.rules.iter_mut().for_each(|rule| rule.priority = 0);
        let refusals: Vec<Refusal> = compile::check(&set).into_iter().map(Refusal::from).collect();
        for (refusal, example) in refusals.iter().zip(examples(&set, &refusals, 0)) {
            if refusal.code != "tie" {
                continue;
            }
            let example = example.unwrap();
            for number in [refusal.rule, refusal.other].into_iter().flatten() {
                let silent = RuleSet {
                    settings: Settings { fallback_url: None, products: set.settings.products.iter().cloned().map(|product| Product { fallback_url: None, ..product }).collect(), ..set.settings.clone() },
                    rules: set.rules.iter().filter(|rule| rule.number == number).cloned().map(|mut rule| {
                        if let Action::Route(target) = &mut rule.action {
                            let variant = Variant { name: "a".to_owned(), weight: 1, url: "https://q.example/alone".to_owned(), system: None };
                            *target = Target::Split { split: Split::Sticky, variants: vec![variant] };
                        }
                        rule
                    }).chain([elsewhere()]).collect(),
                    ..set.clone()
                };
                let got = Edge::of(&silent).meets(&example, 0);
                prop_assert!(got.location.is_some() || !got.attributes.is_empty(), "{} {:?}", number, example);
            }
        }
    }

    #[test]
    fn a_rule_set_decides_like_itself(set in rule_set()) {
        let found = difference(&set, &set, 0).unwrap();
        prop_assert!(found.alike);
        prop_assert_eq!(found.destinations, Changes::default());
    }
}

/// A set has at least one rule that sends somebody somewhere.
fn elsewhere() -> Rule {
    let target = json!({ "variants": [{ "name": "a", "url": "https://q.example/0" }] });
    let rule = json!({ "kind": "route", "rule": 99, "priority": -9, "when": { "zip": ["99999"] }, "target": target });
    serde_json::from_value(rule).unwrap()
}

impl Edge {
    fn meets(&self, example: &Example, since: i64) -> Got {
        let word = |words: &[&'static str], word: &str| words.iter().copied().find(|own| *own == word);
        let cell = Cell {
            product: word(&PRODUCTS, &example.product).unwrap(),
            language: word(&LANGUAGES, &example.language).unwrap(),
            device: Device::parse(&example.device).unwrap(),
            media: example
                .media
                .as_deref()
                .and_then(|media| word(&MEDIA, media))
                .unwrap_or(OTHER),
        };
        let zip = Zip::parse(&example.zip).unwrap().zip.number();
        self.answer(zip, cell, example.at.map_or(since, |at| at.unix_timestamp()))
    }
}
