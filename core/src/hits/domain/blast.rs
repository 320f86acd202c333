//! Real traffic against two rule sets: who would land elsewhere.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use marquee_shared::zip::{Zip, locate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::redirects::simulation::{Destination, Kind, Landing, Replay};

/// Groups told of each kind; the counts are of all.
const TOLD: usize = 100;

/// Hits of visitors who were alike.
#[derive(Clone, Debug)]
pub struct Cell {
    pub product: String,
    pub language: String,
    pub device: String,
    pub media: Option<String>,
    pub zip: String,
    pub hits: i64,
}

/// What would change for the traffic that was. Hits of splits are shared out, so counts need not be whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Blast {
    /// Hits that were replayed
    #[schema(example = 48_210)]
    pub hits: i64,
    /// Of products that one of the two rule sets does not have: not replayed
    pub skipped_hits: i64,
    /// Would end up elsewhere, at least
    pub moved: Moved,
    /// Would carry other variables, such as another phone number, wherever they end up
    pub variables_changed: Moved,
    /// The most moved first, at most 100
    pub by_state: Vec<Group>,
    pub by_product: Vec<Group>,
    /// Of those that move: from which rule to which; `null` is no rule
    pub by_rule: Vec<RuleMove>,
    /// Every destination's share of the traffic, before and after; the most changed first, at most 100
    pub by_destination: Vec<DestinationShare>,
    /// ZIPs that would be lost and are not now, the most hits first, at most 100
    pub newly_lost: Vec<LostHits>,
    /// How many such hits
    pub newly_lost_hits: i64,
    /// Hits that are lost now and would not be
    pub no_longer_lost_hits: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = MovedHits)]
pub struct Moved {
    #[schema(example = 1_204.5)]
    pub hits: f64,
    #[schema(example = 2.5)]
    pub percent: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = BlastGroup)]
pub struct Group {
    /// A state's code or a product's; `null` is no state
    #[schema(example = "NY")]
    pub name: Option<String>,
    pub hits: i64,
    #[serde(flatten)]
    pub moved: GroupMoved,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct GroupMoved {
    #[schema(example = 1_204.5)]
    pub moved_hits: f64,
    /// Of the group's hits
    #[schema(example = 12.0)]
    pub moved_percent: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct RuleMove {
    #[schema(example = 41)]
    pub from: Option<u32>,
    #[schema(example = 7)]
    pub to: Option<u32>,
    pub moved_hits: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DestinationShare {
    /// The template; `null` is nowhere
    #[schema(example = "https://quotes.acme.example/auto?zip={zip}")]
    pub url: Option<String>,
    #[schema(example = "rater")]
    pub system: Option<String>,
    #[schema(example = 40.0)]
    pub before_percent: f64,
    #[schema(example = 42.5)]
    pub after_percent: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LostHits {
    #[schema(example = "96801")]
    pub zip: String,
    #[schema(example = "HI")]
    pub state: Option<String>,
    pub hits: i64,
}

/// Where a visitor ends up; `None` is lost.
type End<'a> = Option<Destination<'a>>;

/// Replays cells one after the other.
pub struct Blaster<'a> {
    before: Replay<'a>,
    after: Replay<'a>,
    blast: Blast,
    states: HashMap<Option<String>, (i64, f64)>,
    products: HashMap<Option<String>, (i64, f64)>,
    rules: HashMap<(Option<u32>, Option<u32>), f64>,
    destinations: HashMap<End<'a>, (f64, f64)>,
    lost: BTreeMap<String, i64>,
}

impl<'a> Blaster<'a> {
    pub fn new(before: Replay<'a>, after: Replay<'a>) -> Self {
        Self {
            before,
            after,
            blast: Blast::default(),
            states: HashMap::new(),
            products: HashMap::new(),
            rules: HashMap::new(),
            destinations: HashMap::new(),
            lost: BTreeMap::new(),
        }
    }

    pub fn replay(&mut self, cell: &Cell) {
        let kind = Kind {
            product: &cell.product,
            language: &cell.language,
            device: &cell.device,
            media: cell.media.as_deref(),
            zip: &cell.zip,
        };
        let (Some(before), Some(after)) = (self.before.land(&kind), self.after.land(&kind)) else {
            self.blast.skipped_hits += cell.hits;
            return;
        };
        self.blast.hits += cell.hits;
        let hits = cell.hits as f64;
        let moved = after.moved_from(&before) * hits;
        self.blast.moved.hits += moved;
        if before.attributes != after.attributes {
            self.blast.variables_changed.hits += hits;
        }
        let state = state(&cell.zip);
        for (groups, name) in [
            (&mut self.states, state),
            (&mut self.products, Some(cell.product.clone())),
        ] {
            let group = groups.entry(name).or_default();
            group.0 += cell.hits;
            group.1 += moved;
        }
        if moved > 0.0 {
            *self.rules.entry((before.rule, after.rule)).or_default() += moved;
        }
        for (destination, share) in destinations(&before) {
            self.destinations.entry(destination).or_default().0 += share * hits;
        }
        for (destination, share) in destinations(&after) {
            self.destinations.entry(destination).or_default().1 += share * hits;
        }
        match (before.shares.is_empty(), after.shares.is_empty()) {
            (false, true) => {
                self.blast.newly_lost_hits += cell.hits;
                *self.lost.entry(cell.zip.clone()).or_default() += cell.hits;
            }
            (true, false) => self.blast.no_longer_lost_hits += cell.hits,
            (true, true) | (false, false) => {}
        }
    }

    pub fn finish(self) -> Blast {
        let Self {
            mut blast,
            states,
            products,
            rules,
            destinations,
            lost,
            ..
        } = self;
        let hits = blast.hits.max(1) as f64;
        for moved in [&mut blast.moved, &mut blast.variables_changed] {
            moved.percent = moved.hits * 100.0 / hits;
        }
        blast.by_state = groups(states);
        blast.by_product = groups(products);
        let moves = rules
            .into_iter()
            .map(|((from, to), moved_hits)| RuleMove { from, to, moved_hits });
        blast.by_rule = most(moves.collect(), |rule| (rule.moved_hits, (rule.from, rule.to)));
        let shares = destinations
            .into_iter()
            .map(|(destination, (before, after))| DestinationShare {
                url: destination.map(|(url, _)| url.to_owned()),
                system: destination.and_then(|(_, system)| system.map(str::to_owned)),
                before_percent: before * 100.0 / hits,
                after_percent: after * 100.0 / hits,
            });
        blast.by_destination = most(shares.collect(), |share| {
            let changed = (share.after_percent - share.before_percent).abs();
            (changed, (share.url.clone(), share.system.clone()))
        });
        let zips = lost.into_iter().map(|(zip, hits)| LostHits {
            state: state(&zip),
            zip,
            hits,
        });
        blast.newly_lost = most(zips.collect(), |lost| (lost.hits as f64, lost.zip.clone()));
        blast
    }
}

/// Being lost is a destination as well.
fn destinations<'a>(landing: &Landing<'a>) -> impl Iterator<Item = (End<'a>, f64)> {
    let lost = landing.shares.is_empty().then_some((None, 1.0));
    let shares = landing.shares.clone().into_iter();
    shares
        .map(|(destination, share)| (Some(destination), share))
        .chain(lost)
}

fn groups(groups: HashMap<Option<String>, (i64, f64)>) -> Vec<Group> {
    let groups = groups.into_iter().map(|(name, (hits, moved_hits))| Group {
        name,
        hits,
        moved: GroupMoved {
            moved_hits,
            moved_percent: moved_hits * 100.0 / hits.max(1) as f64,
        },
    });
    most(groups.collect(), |group| {
        (group.moved.moved_hits, group.name.clone())
    })
}

/// Those with the greatest figure, by name where they are equal.
fn most<T, N: Ord>(mut items: Vec<T>, by: impl Fn(&T) -> (f64, N)) -> Vec<T> {
    items.sort_by_cached_key(|item| {
        let (figure, name) = by(item);
        // Figures are not negative: their bits are in their order.
        (Reverse(figure.to_bits()), name)
    });
    items.truncate(TOLD);
    items
}

fn state(zip: &str) -> Option<String> {
    let typed = Zip::parse(zip).ok()?;
    locate(typed.zip).state.map(|state| state.code().to_owned())
}
