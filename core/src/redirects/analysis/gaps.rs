//! Visitors whom no rule wants and no fallback takes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use marquee_shared::decide::Device;
use marquee_shared::rules::{Mode, Product, RuleSet};
use marquee_shared::zip::State;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::super::diagram::{self, Area, Diagram, Mask, listed_by_state};
use super::space::instant;
use super::{Example, Space};

/// Groups of gaps told.
pub(super) const TOLD: usize = 100;
/// States named in a sentence.
const NAMED: usize = 12;

/// Who has no answer. ZIPs that nobody has do not count; a cell is a ZIP × product × language × device × channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Gaps {
    /// All there are
    #[schema(example = 12_483_600)]
    pub cells: u64,
    /// Those without an answer now
    #[schema(example = 1_200)]
    pub unanswered_cells: u64,
    /// Products of which rules do not decide all, by the share that they leave, at most 100
    pub products: Vec<Rest>,
    /// Without an answer now or at some time to come, the largest first, at most 100; no cell is in two
    pub groups: Vec<Gap>,
    /// How many groups there are
    pub groups_found: usize,
    /// There are so many groups that only the largest were made
    pub groups_unfinished: bool,
}

/// What rules leave of a product, now.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Rest {
    #[schema(example = "auto")]
    pub product: String,
    /// `product` or `brand`: the fallback that takes them; `null`: they have no answer
    #[schema(example = "brand")]
    pub fallback: Option<&'static str>,
    /// Of the product's cells
    #[schema(example = 2.5)]
    pub percent: f64,
    pub states: Vec<StateRest>,
}

/// What rules leave of a product in a state, now.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StateRest {
    #[schema(example = "WY")]
    pub state: &'static str,
    /// Of the state's cells
    #[schema(example = 100.0)]
    pub percent: f64,
}

/// All combinations of these values have no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gap {
    /// `null`: all
    #[schema(example = json!(["auto"]))]
    pub products: Option<Vec<String>>,
    /// `null`: all
    #[schema(example = json!(["es"]))]
    pub languages: Option<Vec<String>>,
    /// `null`: all
    #[schema(example = json!(null))]
    pub devices: Option<Vec<String>>,
    /// `null`: all, or all but those of `media_except`
    #[schema(example = json!(["google"]))]
    pub media: Option<Vec<String>>,
    #[schema(example = json!(null))]
    pub media_except: Option<Vec<String>>,
    pub states: Vec<StateZips>,
    /// All ZIPs of all states
    #[schema(example = false)]
    pub everywhere: bool,
    /// In all states together
    #[schema(example = 2_098)]
    pub zips: u64,
    #[schema(example = 2_098)]
    pub cells: u64,
    /// When it begins; `null`: it is so now
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
    /// When it ends; `null`: never
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
    /// How often it comes again after that
    #[schema(example = 0)]
    pub more_times: usize,
    pub example: Example,
}

/// ZIPs of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StateZips {
    #[schema(example = "NY")]
    pub state: &'static str,
    #[schema(example = 12)]
    pub zips: u64,
    /// That the state has
    #[schema(example = 2_098)]
    pub of: u64,
}

/// `diagram` is that of destinations.
pub(super) fn gaps(set: &RuleSet, space: &Space<'_>, diagram: &Diagram) -> Gaps {
    if set.settings.mode == Mode::Fallback {
        return Gaps::default();
    }
    let fallbacks: Vec<_> = set
        .settings
        .products
        .iter()
        .map(|product| fallback(set, product))
        .collect();
    let unanswered = |product: usize| fallbacks.get(product).is_none_or(Option::is_none);
    let diagram::Gaps {
        shares,
        areas,
        unfinished,
    } = diagram::gaps(diagram, unanswered);
    let mut products: BTreeMap<usize, (u64, u64, Vec<StateRest>)> = BTreeMap::new();
    for ((product, state), share) in &shares {
        let (cells, undecided, states) = products.entry(*product).or_default();
        *cells += share.cells;
        *undecided += share.undecided;
        if share.undecided > 0 {
            states.push(StateRest {
                state: code(*state),
                percent: percent(share.undecided, share.cells),
            });
        }
    }
    let cells = products.values().map(|(cells, ..)| cells).sum();
    let open = products.iter().filter(|(product, _)| unanswered(**product));
    let unanswered_cells = open.map(|(_, (_, undecided, _))| undecided).sum();
    let mut products: Vec<Rest> = products
        .into_iter()
        .filter(|(_, (_, undecided, _))| *undecided > 0)
        .map(|(product, (cells, undecided, states))| Rest {
            product: space
                .products
                .get(product)
                .copied()
                .unwrap_or_default()
                .to_owned(),
            fallback: fallbacks.get(product).copied().flatten(),
            percent: percent(undecided, cells),
            states,
        })
        .collect();
    products.sort_by(|a, b| {
        let open = |rest: &Rest| (rest.fallback.is_some(), Reverse((rest.percent * 1e6) as u64));
        open(a).cmp(&open(b))
    });
    products.truncate(TOLD);
    let of = listed_by_state();
    let groups = areas.iter().take(TOLD).map(|area| gap(space, &of, area));
    Gaps {
        cells,
        unanswered_cells,
        products,
        groups: groups.collect(),
        groups_found: areas.len(),
        groups_unfinished: unfinished,
    }
}

fn fallback(set: &RuleSet, product: &Product) -> Option<&'static str> {
    let brand = set.settings.fallback_url.as_ref().map(|_| "brand");
    product.fallback_url.as_ref().map(|_| "product").or(brand)
}

fn gap(space: &Space<'_>, of: &BTreeMap<u8, u64>, area: &Area) -> Gap {
    let Area {
        masks: [products, languages, devices, media],
        states,
        times,
        cells,
        example,
    } = area;
    let named = |mask: &Mask, words: &[&str]| -> Option<Vec<String>> {
        let words = || words.iter().enumerate();
        let all = words().all(|(value, _)| mask.has(value));
        let chosen = words().filter(|(value, _)| mask.has(*value));
        (!all).then(|| chosen.map(|(_, word)| (*word).to_owned()).collect())
    };
    let channels: Vec<&str> = space
        .media
        .iter()
        .copied()
        .map(Option::unwrap_or_default)
        .collect();
    // The first stands for all that no rule names.
    let others = media.has(0);
    let except = channels
        .iter()
        .enumerate()
        .filter(|(value, _)| !media.has(*value));
    let except: Vec<String> = except.map(|(_, word)| (*word).to_owned()).collect();
    let states: Vec<StateZips> = states
        .iter()
        .map(|(state, zips)| StateZips {
            state: code(*state),
            zips: *zips,
            of: of.get(state).copied().unwrap_or_default(),
        })
        .collect();
    let first = times.first();
    Gap {
        products: named(products, &space.products),
        languages: named(languages, &space.languages),
        devices: named(devices, &Device::ALL.map(Device::as_str)),
        media: if others { None } else { named(media, &channels) },
        media_except: (others && !except.is_empty()).then_some(except),
        everywhere: states.iter().all(|state| state.zips == state.of) && states.len() == of.len(),
        zips: states.iter().map(|state| state.zips).sum(),
        states,
        cells: *cells,
        since: first.and_then(|time| instant(time.start)),
        until: first.and_then(|time| instant(time.end)),
        more_times: times.len().saturating_sub(1),
        example: space.example(*example, first.map_or(i64::MIN, |time| time.start)),
    }
}

/// The code of a state's number.
pub(super) fn code(state: u8) -> &'static str {
    let mut states = State::all();
    states
        .find(|known| known.number() == state)
        .map_or("", State::code)
}

pub(super) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 * 100.0 / whole as f64
    }
}

impl Gap {
    /// In a line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let listed = |what: &str, one: &str, words: &Option<Vec<String>>| match words {
            None => format!("all {what}"),
            Some(words) if words.len() == 1 => format!("{one} {}", words.join(", ")),
            Some(words) => format!("{what} {}", words.join(", ")),
        };
        let media = match &self.media_except {
            Some(except) => format!("all channels but {}", except.join(", ")),
            None => listed("channels", "channel", &self.media),
        };
        let mut sentence = [
            listed("products", "product", &self.products),
            self.places(),
            listed("languages", "language", &self.languages),
            listed("devices", "device", &self.devices),
            media,
        ]
        .join("; ");
        let at = |time: Option<OffsetDateTime>| time.map(super::findings::written);
        if let Some(since) = at(self.since) {
            sentence += &format!("; from {since} on");
        }
        if let Some(until) = at(self.until) {
            sentence += &format!("; until {until}");
        }
        if self.more_times > 0 {
            sentence += &format!("; and {} times again later", self.more_times);
        }
        sentence
    }

    fn places(&self) -> String {
        if self.everywhere {
            return "everywhere".to_owned();
        }
        let place = |place: &StateZips| {
            let StateZips { state, zips, of } = place;
            if zips == of {
                (*state).to_owned()
            } else {
                format!("{state} ({zips} of {of} ZIPs)")
            }
        };
        let named: Vec<String> = self.states.iter().take(NAMED).map(place).collect();
        let more = self.states.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more states")
        } else {
            String::new()
        };
        format!("{}{more}, {} ZIPs", named.join(", "), self.zips)
    }
}
