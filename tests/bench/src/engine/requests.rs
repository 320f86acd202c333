//! Visitors to ask a rule set about.

use std::collections::BTreeSet;

use marquee_shared::decide::{Device, Visitor};
use marquee_shared::rules::RuleSet;
use marquee_shared::split;
use marquee_shared::zip::{State, Typed, Zip, locate};

use crate::random::Random;

/// What a rule can ask of a visitor.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) product: String,
    pub(crate) language: String,
    pub(crate) device: Device,
    /// May be one that no rule names.
    pub(crate) media: String,
    pub(crate) zip: Zip,
    pub(crate) state: Option<State>,
    /// Unix seconds.
    pub(crate) at: i64,
}

impl Request {
    /// What a brand's site asks the edge for.
    pub(crate) fn path(&self, brand: &str) -> String {
        format!(
            "/go/{brand}/{}?zip={}&lang={}&device={}&media={}",
            self.product,
            self.zip,
            self.language,
            self.device.as_str(),
            self.media
        )
    }

    /// Whoever asks, in the eyes of a whole decision.
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        Visitor {
            product: &self.product,
            zip: Typed {
                zip: self.zip,
                plus4: None,
            },
            language: &self.language,
            device: self.device,
            media: &self.media,
            at: self.at,
            hit: "0197f3a0-0000-7000-8000-000000000000",
            seed: split::seed(self.media.as_bytes()),
            query: "",
        }
    }
}

/// How often the same things are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Every ZIP, product and channel as likely as another: the worst for caches.
    Uniform,
    /// A few ZIPs, products and channels make most of the traffic, as in real life.
    Skewed,
}

/// Visitors of the brand whose rules these are, at the time `at`, one in twenty over a channel no rule names.
pub(crate) fn draw(set: &RuleSet, mix: Mix, at: i64, count: usize) -> Vec<Request> {
    let products: Vec<&str> = set
        .settings
        .products
        .iter()
        .map(|product| product.code.as_str())
        .collect();
    let languages: Vec<&str> = set.settings.languages.iter().map(String::as_str).collect();
    let media = set
        .rules
        .iter()
        .flat_map(|rule| &rule.when.media)
        .map(String::as_str);
    let media: Vec<&str> = media.collect::<BTreeSet<_>>().into_iter().collect();
    let mut random = Random::new(0x6d61_7271_7565_6521);
    let zips = shuffled_zips(&mut random);

    let mut requests = Vec::with_capacity(count);
    while requests.len() < count {
        let named = random.share() >= 0.05;
        let zip = pick(&mut random, mix, &zips).copied();
        let product = pick(&mut random, mix, &products);
        let language = pick(&mut random, mix, &languages);
        let device = random.pick(&Device::ALL);
        let medium = pick(&mut random, mix, &media).filter(|_| named);
        let (Some(zip), Some(product), Some(language), Some(device)) = (zip, product, language, device)
        else {
            break;
        };
        requests.push(Request {
            product: (*product).to_owned(),
            language: (*language).to_owned(),
            device: *device,
            media: medium.map_or_else(|| "nobody-names-this".to_owned(), |medium| (*medium).to_owned()),
            zip,
            state: locate(zip).state,
            at,
        });
    }
    requests
}

fn pick<'a, T>(random: &mut Random, mix: Mix, items: &'a [T]) -> Option<&'a T> {
    match mix {
        Mix::Uniform => random.pick(items),
        Mix::Skewed => random.pick_skewed(items),
    }
}

/// Every ZIP of our data, in an order that scatters the popular ones over the country.
pub(crate) fn shuffled_zips(random: &mut Random) -> Vec<Zip> {
    let all = (0..100_000).filter_map(Zip::from_number);
    let mut zips: Vec<(u64, Zip)> = all
        .filter(|zip| locate(*zip).known)
        .map(|zip| (random.next(), zip))
        .collect();
    zips.sort_unstable();
    zips.into_iter().map(|(_, zip)| zip).collect()
}
