//! The golden file: what must be decided, whoever decides. Here native code is held to it; the edge's tests hold
//! the built Worker to the same lines.
//!
//! `UPDATE_GOLDEN=1 cargo test -p marquee-shared --test golden` writes it anew; review the difference.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fmt::Write as _;
use std::path::Path;

use marquee_shared::city::{self, CityTable};
use marquee_shared::compile::compile;
use marquee_shared::decide::{Decision, Device, Lost, Site, Visitor, decide};
use marquee_shared::manifest::{Blob, Brand, Mode};
use marquee_shared::rules::RuleSet;
use marquee_shared::split;
use marquee_shared::table::Table;
use marquee_shared::zip::Zip;

const HEAD: &str = "\
# What `rules.json`, published as revision 7 with the whole city table, decides. One request a line, columns
# separated by tabs, an empty value is `-`, values are as in URLs and logs.
#
# request:  product  zip  language  device  media  vid  at  hit  query
#           vid: what `sticky` draws from, by split::seed. at: Unix seconds; `-`: now, whenever before 2030.
#           hit: the hit's id; `-`: does not matter. Only lines with `-` for both can be replayed over HTTP.
# decision: outcome  lost  rule  variant  state  known  alternatives  city  system  attributes  location
#
# Written by `UPDATE_GOLDEN=1 cargo test -p marquee-shared --test golden`.
";

/// 2026-11-22 and 2029-12-31: what `-` stands for decides alike on both.
const NOW: [i64; 2] = [1_795_305_600, 1_893_369_600];
const HIT: &str = "019ab111-8f00-7000-8000-000000000001";

struct Request {
    product: &'static str,
    zip: &'static str,
    language: &'static str,
    device: &'static str,
    media: &'static str,
    vid: &'static str,
    at: Option<i64>,
    hit: Option<&'static str>,
    query: &'static str,
}

/// Every product, place and channel with each other, and the rest in turns; then what needs a time or a hit.
fn requests() -> Vec<Request> {
    let zips = [
        "10001",
        "10001-0042",
        "10099",
        "10101",
        "06390",
        "06389",
        "02108",
        "02138",
        "90210",
        "94105",
        "77001",
        "99501",
        "96813",
        "00901",
        "96910",
        "09012",
        "86514",
        "86515",
        "99999",
        "00000",
        "21301",
        "60601",
    ];
    let vids = ["v1", "v2", "v3", "v4", "v5"];
    let queries = [
        "",
        "utm_source=a%20b&utm_source=c&x=1",
        "gclid=%C3%A9%0D%0A&next=https://evil.example",
        "%75tm_x=1&zap=1",
        "&&utm_=+",
    ];
    let mut requests = Vec::new();
    for zip in zips {
        for product in ["auto", "home", "life"] {
            for media in ["google", "mail", "-"] {
                let turn = requests.len();
                requests.push(Request {
                    product,
                    zip,
                    language: ["en", "es"][turn / 3 % 2],
                    device: ["mobile", "tablet", "desktop"][turn / 2 % 3],
                    media,
                    vid: vids[turn % vids.len()],
                    at: None,
                    hit: None,
                    query: queries[turn % queries.len()],
                });
            }
        }
    }
    // Without a hit these would not be repeatable.
    requests.retain(|request| !(request.product == "life" && ["90210", "94105"].contains(&request.zip)));
    let more = |product, zip, media, at, hit| Request {
        product,
        zip,
        language: "en",
        device: "desktop",
        media,
        vid: "v1",
        at,
        hit,
        query: "",
    };
    for at in [0, 1_893_455_999, 1_893_456_000, i64::MAX, i64::MIN] {
        requests.push(more("auto", "77001", "mail", Some(at), None));
    }
    for hit in [
        HIT,
        "019ab111-8f00-7000-8000-000000000002",
        "019ab111-8f00-7000-8000-000000000003",
        "x y",
    ] {
        requests.push(more("life", "94105", "-", None, Some(hit)));
    }
    requests.push(more("no-such", "94105", "-", None, None));
    requests
}

#[test]
fn the_golden_file_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let set: RuleSet = serde_json::from_slice(&std::fs::read(folder.join("rules.json")).unwrap()).unwrap();
    let table = Table::load(compile(&set).unwrap().bytes).unwrap();
    let cities = CityTable::load(city::compile(city::geonames())).unwrap();
    let brand = brand(&set);
    let site = Site {
        brand: &brand,
        revision: 7,
        canary: false,
        table: &table,
        city: Some(&cities),
    };

    let mut text = HEAD.to_owned();
    for request in requests() {
        let [line, later] = NOW.map(|now| line(&site, &request, now));
        assert_eq!(line, later, "the decision depends on the time");
        text.push_str(&line);
    }

    let path = folder.join("decisions.tsv");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (line, expected) in text.lines().zip(golden.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(text.lines().count(), golden.lines().count());
}

fn line(site: &Site<'_>, request: &Request, now: i64) -> String {
    let given = |text: &'static str| if text == "-" { "" } else { text };
    let visitor = Visitor {
        product: request.product,
        zip: Zip::parse(request.zip).unwrap(),
        language: request.language,
        device: Device::parse(request.device).unwrap(),
        media: given(request.media),
        at: request.at.unwrap_or(now),
        hit: request.hit.unwrap_or(HIT),
        seed: split::seed(request.vid.as_bytes()),
        query: request.query,
    };
    let at = request.at.map(|at| at.to_string()).unwrap_or_default();
    let mut columns: Vec<String> = [
        request.product,
        request.zip,
        request.language,
        request.device,
        request.media,
        request.vid,
        &at,
        request.hit.unwrap_or_default(),
        request.query,
    ]
    .map(str::to_owned)
    .to_vec();
    columns.extend(decided(&decide(site, &visitor)));
    let columns = columns
        .into_iter()
        .map(|column| if column.is_empty() { "-".to_owned() } else { column });
    columns.collect::<Vec<_>>().join("\t") + "\n"
}

fn decided(decision: &Decision<'_>) -> [String; 11] {
    let alternatives: Vec<_> = decision.alternatives.iter().map(|state| state.code()).collect();
    let attributes = decision
        .attributes
        .iter()
        .fold(String::new(), |mut out, (variable, value)| {
            let _ = write!(out, "{variable}={value};");
            out
        });
    [
        decision.outcome.as_str().to_owned(),
        decision.lost.map(Lost::as_str).unwrap_or_default().to_owned(),
        decision.rule.map(|rule| rule.to_string()).unwrap_or_default(),
        decision.variant.unwrap_or_default().to_owned(),
        decision
            .state
            .map(|state| state.code())
            .unwrap_or_default()
            .to_owned(),
        decision.known.to_string(),
        alternatives.join(","),
        decision.city.unwrap_or_default().to_owned(),
        decision.system.unwrap_or_default().to_owned(),
        attributes,
        decision.location.clone().unwrap_or_default(),
    ]
}

fn brand(set: &RuleSet) -> Brand {
    let settings = set.settings.clone();
    Brand {
        code: set.brand.clone(),
        hosts: settings.hosts,
        origins: settings.origins,
        languages: settings.languages,
        default_language: settings.default_language,
        destinations: settings.destinations,
        pass_query: settings.pass_query,
        ask_url: settings.ask_url,
        fallback_url: settings.fallback_url,
        mode: Mode::Rules,
        revision: 7,
        table: Blob {
            sha256: String::new(),
            size: 0,
        },
        city: None,
        canary: None,
    }
}
