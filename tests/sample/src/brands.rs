//! Three brands that use everything a rule can say.

use std::collections::BTreeMap;

use marquee_shared::city;
use marquee_shared::rules::{
    Action, Aliases, Parameter, Product, Rule, RuleSet, Settings, Split, Target, Variant, When, ZipClause,
};
use marquee_shared::zip::{State, Zip};
use time::OffsetDateTime;
use time::macros::datetime;

/// What sets one brand apart.
struct Style {
    brand: &'static str,
    products: [&'static str; 4],
    media: &'static [&'static str],
    /// Where its forms are, by host.
    forms: &'static str,
    system: Option<&'static str>,
    /// States whose law asks for a form of their own.
    strict: &'static [&'static str],
    /// Its forms greet by city.
    greets: bool,
    /// Nobody is lost. Where somebody can be, the last product is sold on the mainland only.
    falls_back: bool,
}

const STYLES: [Style; 3] = [
    Style {
        brand: "acme",
        products: ["auto", "home", "life", "renters"],
        media: &["google", "bing", "facebook", "email", "tv", "direct"],
        forms: "quotes.acme.example",
        system: Some("rater"),
        strict: &["CA", "MA", "MI", "NY"],
        greets: true,
        falls_back: true,
    },
    Style {
        brand: "globex",
        products: ["medicare", "health", "dental", "vision"],
        media: &["google", "taboola", "radio", "mail", "direct"],
        forms: "enroll.globex.example",
        system: Some("nsd"),
        strict: &["FL", "NY", "TX", "WA"],
        greets: false,
        falls_back: true,
    },
    Style {
        brand: "initech",
        products: ["solar", "roofing", "windows", "hvac"],
        media: &["google", "facebook", "tiktok", "affiliate", "direct"],
        forms: "leads.initech.example",
        system: Some("crm"),
        strict: &["AZ", "CA", "HI", "NV"],
        greets: false,
        falls_back: false,
    },
];

/// Three brands with more than a thousand rules each.
#[must_use]
pub fn brands() -> Vec<RuleSet> {
    STYLES
        .iter()
        .map(|style| {
            Writer {
                style,
                rules: Vec::new(),
            }
            .write()
        })
        .collect()
}

struct Writer<'a> {
    style: &'a Style,
    rules: Vec<Rule>,
}

impl Writer<'_> {
    fn write(mut self) -> RuleSet {
        self.everywhere();
        self.by_state();
        self.by_zip();
        self.for_a_time();
        self.attributes();
        RuleSet {
            brand: self.style.brand.to_owned(),
            settings: settings(self.style),
            rules: self.rules,
        }
    }

    fn add(&mut self, when: When, action: Action) -> &mut Rule {
        let number = self.rules.last().map_or(1, |rule| rule.number + 1);
        self.rules.push(Rule {
            number,
            enabled: true,
            priority: 0,
            when,
            from: None,
            until: None,
            action,
            note: String::new(),
        });
        let last = self.rules.len() - 1;
        &mut self.rules[last]
    }

    /// A destination on the brand's forms, with the brand's system.
    fn form(&self, path: &str) -> Action {
        Action::Route(Target::Split {
            split: Split::Sticky,
            variants: vec![self.variant("a", 1, path)],
        })
    }

    fn variant(&self, name: &str, weight: u32, path: &str) -> Variant {
        Variant {
            name: name.to_owned(),
            weight,
            url: format!("https://{}/{path}", self.style.forms),
            system: self.style.system.map(str::to_owned),
        }
    }

    fn mainland_only(&self, product: &str) -> bool {
        !self.style.falls_back && product == self.style.products[3]
    }

    /// Rules for any place: by product, and by product and one more thing.
    fn everywhere(&mut self) {
        for (index, product) in self.style.products.into_iter().enumerate() {
            if self.mainland_only(product) {
                continue;
            }
            let variants = vec![
                self.variant("long", 3, &format!("{product}/long")),
                self.variant("short", 1, &format!("{product}/short")),
            ];
            let split = if index % 2 == 0 {
                Split::Sticky
            } else {
                Split::Rotate
            };
            self.add(when(&[product]), Action::Route(Target::Split { split, variants }));
            for media in self.style.media {
                let action = self.form(&format!("{product}/via/{media}?src={{media}}"));
                self.add(
                    When {
                        media: list(&[media]),
                        ..when(&[product])
                    },
                    action,
                );
            }
            let spanish = self.form(&format!("es/{product}"));
            self.add(
                When {
                    language: list(&["es"]),
                    ..when(&[product])
                },
                spanish,
            );
            for device in ["mobile", "tablet", "desktop"] {
                let action = self.form(&format!("{device}/{product}"));
                self.add(
                    When {
                        device: list(&[device]),
                        ..when(&[product])
                    },
                    action,
                );
            }
        }
    }

    /// A form for every state and product, some states' own; and one per channel in the larger half.
    fn by_state(&mut self) {
        let greeting = if self.style.greets { "&in={city}" } else { "" };
        for (index, state) in State::all().map(State::code).enumerate() {
            for product in self.style.products {
                if self.mainland_only(product) && ["AK", "HI"].contains(&state) {
                    continue;
                }
                let conditions = When {
                    state: list(&[state]),
                    ..when(&[product])
                };
                if self.style.strict.contains(&state) {
                    // Where the brand greets by city, a state's own form is a web form.
                    let system = if self.style.greets {
                        Some("webform")
                    } else {
                        self.style.system
                    };
                    let url = format!("https://{}/strict/{product}?st={{state}}", self.style.forms);
                    let system = system.map(str::to_owned);
                    let variant = Variant {
                        name: "a".to_owned(),
                        weight: 1,
                        url,
                        system,
                    };
                    let target = Target::Split {
                        split: Split::Sticky,
                        variants: vec![variant],
                    };
                    self.add(conditions, Action::Route(target)).note =
                        format!("{state} asks for its own form");
                    continue;
                }
                let action = self.form(&format!("{product}?st={{state}}{greeting}"));
                self.add(conditions.clone(), action);
                if index % 2 == 0 {
                    for media in self.style.media {
                        let action = self.form(&format!("{product}/{}/{media}", state.to_lowercase()));
                        self.add(
                            When {
                                media: list(&[media]),
                                ..conditions.clone()
                            },
                            action,
                        );
                    }
                }
            }
        }
    }

    /// ZIPs that are treated otherwise than their state: single ones, prefixes, ranges, and a union.
    fn by_zip(&mut self) {
        let known: Vec<Zip> = city::geonames().map(|(zip, _)| zip).collect();
        for (index, product) in self.style.products.into_iter().enumerate() {
            for office in 0..12 {
                // Every office has ZIPs of its own, so that no two of them meet.
                let zips = known
                    .iter()
                    .skip(index + office * 3_400)
                    .step_by(11)
                    .take(5 + office);
                let zips = zips.map(|zip| ZipClause::Exact(zip.number())).collect();
                let action = self.form(&format!("office/{office}/{product}?zip4={{zip4}}"));
                self.add(
                    When {
                        zip: zips,
                        ..when(&[product])
                    },
                    action,
                );
            }
            for prefix in [21, 100, 303, 606, 770, 900, 941, 981] {
                let action = self.form(&format!("metro/{prefix:03}/{product}"));
                self.add(
                    When {
                        zip: vec![ZipClause::Prefix(prefix)],
                        ..when(&[product])
                    },
                    action,
                );
            }
            for first in [15_001, 33_101, 48_201, 85_001] {
                let zips = vec![ZipClause::Range(first, first + 150)];
                let action = self.form(&format!("region/{first}/{product}"));
                self.add(
                    When {
                        zip: zips,
                        ..when(&[product])
                    },
                    action,
                );
            }
        }
        let [product, ..] = self.style.products;
        let islands = if self.style.falls_back {
            Action::Route(Target::Fallback)
        } else {
            self.form("islands")
        };
        let union = When {
            state: list(&["GU", "PR", "VI"]),
            zip: vec![ZipClause::Exact(96_799), ZipClause::Range(96_950, 96_952)],
            language: list(&["en", "es"]),
            ..when(&[product])
        };
        self.add(union, islands).note = "not served on the islands".to_owned();
    }

    /// Campaigns: one over, one running for years, one to come; and a rule that is switched off.
    fn for_a_time(&mut self) {
        let campaigns: [(OffsetDateTime, OffsetDateTime); 3] = [
            (datetime!(2025-11-01 00:00 UTC), datetime!(2025-12-01 00:00 UTC)),
            (datetime!(2026-01-01 00:00 UTC), datetime!(2036-01-01 00:00 UTC)),
            (datetime!(2036-01-01 00:00 UTC), datetime!(2036-02-01 00:00 UTC)),
        ];
        let [_, product, ..] = self.style.products;
        for (index, (from, until)) in campaigns.into_iter().enumerate() {
            let action = self.form(&format!("campaign/{index}/{product}?hit={{hit}}"));
            let conditions = When {
                media: list(&["campaign"]),
                ..when(&[product])
            };
            let rule = self.add(conditions, action);
            (rule.priority, rule.from, rule.until) = (10, Some(from), Some(until));
        }
        let action = self.form("maintenance");
        let rule = self.add(When::default(), action);
        (rule.enabled, rule.priority) = (false, 1_000);
        rule.note = "switch on to send everybody to the maintenance page".to_owned();
    }

    /// What the original asked a second service for, on every request.
    fn attributes(&mut self) {
        let brand = self.style.brand;
        self.attribute(
            When::default(),
            &[
                ("media_code", format!("{brand}-web")),
                ("phone", "+18005550100".to_owned()),
            ],
        );
        for (index, media) in self.style.media.iter().enumerate() {
            let code = format!("{brand}-{media}");
            self.attribute(
                When {
                    media: list(&[media]),
                    ..When::default()
                },
                &[("media_code", code.clone())],
            );
            let spanish = When {
                media: list(&[media]),
                language: list(&["es"]),
                ..When::default()
            };
            let phone = format!("+1800555{:04}", 200 + index);
            self.attribute(spanish, &[("media_code", code + "-es"), ("phone", phone)]);
        }
        for (index, state) in State::all().enumerate() {
            let local = When {
                state: list(&[state.code()]),
                ..When::default()
            };
            self.attribute(
                local,
                &[
                    ("phone", format!("+1888555{:04}", 300 + index)),
                    ("desk", format!("{}", index % 7)),
                ],
            );
        }
    }

    fn attribute(&mut self, when: When, values: &[(&str, String)]) {
        let values = values
            .iter()
            .map(|(variable, value)| ((*variable).to_owned(), value.clone()));
        self.add(when, Action::Attribute(values.collect()));
    }
}

fn settings(style: &Style) -> Settings {
    let brand = style.brand;
    let fallback = |product: &str| format!("https://{}/other/{product}?zip={{zip}}", style.forms);
    let products = style
        .products
        .into_iter()
        .enumerate()
        .map(|(index, code)| Product {
            code: code.to_owned(),
            name: code.to_owned(),
            fallback_url: (index % 2 == 0).then(|| fallback(code)),
        });
    let crm = [
        ("postal", "{zip}"),
        ("desk", "{desk}"),
        ("campaign", "{media_code}"),
        ("ref", "{brand}/{hit}"),
    ];
    let crm = crm.map(|(name, value)| Parameter {
        name: name.to_owned(),
        value: value.to_owned(),
    });
    Settings {
        hosts: vec![format!("{brand}.localhost")],
        origins: vec![
            format!("https://www.{brand}.example"),
            format!("http://{brand}.localhost:3000"),
        ],
        languages: list(&["en", "es"]),
        default_language: "en".to_owned(),
        destinations: vec![style.forms.to_owned(), format!("www.{brand}.example")],
        pass_query: list(&["utm_*", "gclid", "fbclid"]),
        ask_url: Some(format!("https://www.{brand}.example/zip")),
        fallback_url: style
            .falls_back
            .then(|| format!("https://www.{brand}.example/sorry?zip={{zip}}")),
        system_value: brand.to_owned(),
        products: products.collect(),
        systems: BTreeMap::from([("crm".to_owned(), crm.to_vec())]),
        aliases: aliases(style),
        ..Settings::default()
    }
}

/// The original's codes: languages of three letters, everything else short and upper case.
fn aliases(style: &Style) -> Aliases {
    let map = |pairs: &mut dyn Iterator<Item = (String, &str)>| {
        pairs
            .map(|(alias, code)| (alias, code.to_owned()))
            .collect::<BTreeMap<_, _>>()
    };
    let short = |code: &str| code.chars().take(4).collect::<String>().to_uppercase();
    let fixed = |pairs: &[(&'static str, &'static str)]| {
        pairs
            .iter()
            .map(|(alias, code)| ((*alias).to_owned(), *code))
            .collect::<Vec<_>>()
            .into_iter()
    };
    Aliases {
        product: map(&mut style.products.into_iter().map(|code| (short(code), code))),
        language: map(&mut fixed(&[("ENG", "en"), ("SPA", "es")])),
        device: map(&mut fixed(&[
            ("DESK", "desktop"),
            ("MOB", "mobile"),
            ("TAB", "tablet"),
        ])),
        media: map(&mut style.media.iter().map(|code| (short(code), *code))),
    }
}

fn when(products: &[&str]) -> When {
    When {
        product: list(products),
        ..When::default()
    }
}

fn list(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}
