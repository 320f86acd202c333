//! The bytes of a table, as [`layout`] says.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt};

use super::Ranked;
use super::clause::{Clause, Place};
use super::numbered::{MEDIA, Numbered, PRODUCT};
use super::pages::{Columns, Limits, pages};
use super::strings::Strings;
use super::systems::systems;
use crate::decide::Device;
use crate::rules::{Action, RuleSet, Split, Target, Variant};
use crate::split::BUCKETS;
use crate::table::layout::{self, HEADER, List, Mode, NONE, Rows, STATES};
use crate::zip;

/// The values that have rows of their own, sorted.
pub(super) struct Dictionaries<'a> {
    products: Vec<&'a str>,
    languages: Vec<&'a str>,
    media: Vec<&'a str>,
}

impl<'a> Dictionaries<'a> {
    pub(super) fn new(numbered: &Numbered<'a>) -> Self {
        let sorted = |values: &mut dyn Iterator<Item = &'a str>| {
            let values: BTreeSet<_> = values.collect();
            values.into_iter().collect()
        };
        let settings = &numbered.set.settings;
        Self {
            products: sorted(&mut settings.products.iter().map(|product| product.code.as_str())),
            languages: sorted(&mut settings.languages.iter().map(String::as_str)),
            media: sorted(&mut numbered.texts(MEDIA).iter().copied()),
        }
    }

    /// How many rows pages have.
    pub(super) fn rows(&self) -> Rows {
        let count = |values: &[&str]| values.len() as u32;
        Rows {
            products: count(&self.products),
            languages: count(&self.languages),
            media: count(&self.media),
        }
    }

    /// For products, languages, devices and media: the row of each number, among the dimension's own.
    fn places(&self, numbered: &Numbered<'_>) -> [Vec<u32>; 4] {
        let devices = Device::ALL.map(Device::as_str);
        let values: [&[&str]; 4] = [&self.products, &self.languages, &devices, &self.media];
        std::array::from_fn(|dimension| {
            let places: HashMap<_, _> = values[dimension].iter().zip(0..).collect();
            let texts = numbered.texts(dimension).iter();
            texts.map(|text| places[text]).collect()
        })
    }
}

/// The table of a rule set without findings.
pub(super) fn write(
    numbered: &Numbered<'_>,
    dictionaries: &Dictionaries<'_>,
    layers: &[Ranked<'_>],
    limits: Limits,
) -> Vec<u8> {
    let set = numbered.set;
    let rows = dictionaries.rows();
    let places = dictionaries.places(numbered);
    let mut writer = Writer::new(set, dictionaries);
    let infos: Vec<Info> = layers
        .iter()
        .map(|layer| writer.info(set, layer, dictionaries))
        .collect();

    let mut layer_items = Vec::new();
    let base = HEADER + 4 * (writer.words() + layers.len() * List::Layers.words());
    let mut body = Vec::new();
    for (layer, info) in layers.iter().zip(infos) {
        let columns = columns(&layer.clauses, rows, &places);
        let info_at = base + body.len();
        append(&mut body, &info.words);
        let windows_at = base + body.len();
        let windows = windows(&layer.clauses);
        append(&mut body, &windows);
        let directory_at = base + body.len();
        let pages_at = directory_at + 4 * layout::directory_entries(rows.products) as usize;
        let (directory, pages) = pages(&layer.clauses, &columns, rows, &places[PRODUCT], limits, pages_at);
        append(&mut body, &directory);
        body.extend(pages);
        layer_items.extend([
            info.variable,
            (info.words.len() / 2) as u32,
            layer.clauses.len() as u32,
            (windows.len() * 4 / layout::WINDOW_BYTES) as u32,
            info_at as u32,
            windows_at as u32,
            directory_at as u32,
        ]);
    }
    *writer.list(List::Layers) = layer_items;
    writer.finish(body)
}

/// What the ranks of a layer lead to.
struct Info {
    variable: u32,
    words: Vec<u32>,
}

struct Writer {
    strings: Strings,
    brand: u32,
    lists: [Vec<u32>; List::ALL.len()],
    /// By the number of the action.
    targets: HashMap<u32, u32>,
    systems: HashMap<String, u32>,
}

impl Writer {
    fn new(set: &RuleSet, dictionaries: &Dictionaries<'_>) -> Self {
        let mut strings = Strings::default();
        let brand = strings.intern(&set.brand);
        let mut writer = Self {
            strings,
            brand,
            lists: std::array::from_fn(|_| Vec::new()),
            targets: HashMap::new(),
            systems: HashMap::new(),
        };
        let values = [
            (List::Products, &dictionaries.products),
            (List::Languages, &dictionaries.languages),
            (List::Media, &dictionaries.media),
        ];
        for (list, values) in values {
            *writer.list(list) = values.iter().map(|value| writer.strings.intern(value)).collect();
        }
        let aliases = &set.settings.aliases;
        let aliases = [
            (List::ProductAliases, &aliases.product),
            (List::LanguageAliases, &aliases.language),
            (List::DeviceAliases, &aliases.device),
            (List::MediaAliases, &aliases.media),
        ];
        for (list, aliases) in aliases {
            let words = aliases.iter().flat_map(|(alias, code)| [alias, code]);
            *writer.list(list) = words.map(|text| writer.strings.intern(text)).collect();
        }
        for (name, parameters) in systems(set) {
            let number = writer.systems.len() as u32;
            writer.systems.insert(name.to_owned(), number);
            let first = (writer.lists[List::Parameters as usize].len() / List::Parameters.words()) as u32;
            let system = [writer.strings.intern(name), first, parameters.len() as u32];
            writer.list(List::Systems).extend(system);
            for (name, template) in parameters {
                let parameter = [writer.strings.intern(name), writer.strings.intern(&template)];
                writer.list(List::Parameters).extend(parameter);
            }
        }
        writer
    }

    fn list(&mut self, list: List) -> &mut Vec<u32> {
        &mut self.lists[list as usize]
    }

    /// Rule and target, or value, per rank; after the routes' the products' fallbacks and the brand's.
    fn info(&mut self, set: &RuleSet, layer: &Ranked<'_>, dictionaries: &Dictionaries<'_>) -> Info {
        let mut words = Vec::with_capacity(layer.clauses.len() * 2 + 64);
        for clause in &layer.clauses {
            let leads_to = match (&clause.rule.action, layer.variable) {
                (Action::Attribute(values), Some(variable)) => self.strings.intern(&values[variable]),
                (Action::Route(target), _) => self.target(clause.action, target),
                (Action::Attribute(_), None) => continue,
            };
            words.extend([clause.rule.number, leads_to]);
        }
        if layer.variable.is_none() {
            for (number, code) in dictionaries.products.iter().enumerate() {
                let product = set.settings.products.iter().find(|product| product.code == *code);
                if let Some(url) = product.and_then(|product| product.fallback_url.as_deref()) {
                    words.extend([number as u32, self.fallback(Mode::ProductFallback, url)]);
                }
            }
            if let Some(url) = &set.settings.fallback_url {
                words.extend([0, self.fallback(Mode::BrandFallback, url)]);
            }
        }
        Info {
            variable: layer.variable.map_or(0, |variable| self.strings.intern(variable)),
            words,
        }
    }

    /// The number of a target; the same is written once.
    fn target(&mut self, action: u32, target: &Target) -> u32 {
        if let Some(number) = self.targets.get(&action) {
            return *number;
        }
        let number = match target {
            Target::Fallback => self.add(Mode::ToFallback, &[]),
            Target::Split { split, variants } => {
                let mode = match split {
                    Split::Sticky => Mode::Sticky,
                    Split::Rotate => Mode::Rotate,
                };
                let words = variants.iter().zip(bucket_ends(variants)).map(|(variant, end)| {
                    let system = variant.system.as_ref().and_then(|name| self.systems.get(name));
                    let system = system.copied().unwrap_or(NONE);
                    [
                        self.strings.intern(&variant.name),
                        end,
                        self.strings.intern(&variant.url),
                        system,
                    ]
                });
                let words: Vec<_> = words.collect();
                self.add(mode, &words)
            }
        };
        self.targets.insert(action, number);
        number
    }

    fn fallback(&mut self, mode: Mode, url: &str) -> u32 {
        let variant = [
            self.strings.intern(""),
            u32::from(BUCKETS),
            self.strings.intern(url),
            NONE,
        ];
        self.add(mode, &[variant])
    }

    fn add(&mut self, mode: Mode, variants: &[[u32; List::Variants.words()]]) -> u32 {
        let first = self.list(List::Variants).len() / List::Variants.words();
        self.list(List::Variants).extend(variants.as_flattened());
        let targets = self.list(List::Targets);
        targets.extend([mode as u32, first as u32, variants.len() as u32]);
        (targets.len() / List::Targets.words() - 1) as u32
    }

    /// Words of all lists so far, the strings' included.
    fn words(&self) -> usize {
        self.lists.iter().map(Vec::len).sum::<usize>() + self.strings.len() * List::Strings.words()
    }

    fn finish(mut self, body: Vec<u8>) -> Vec<u8> {
        let pool_at = HEADER + 4 * self.words() + body.len();
        let (strings, pool) = std::mem::take(&mut self.strings).into_parts(pool_at);
        *self.list(List::Strings) = strings;
        let size = pool_at + pool.len() + layout::PADDING;
        let mut words = vec![
            layout::MAGIC,
            layout::FORMAT,
            size as u32,
            zip::DATA_VERSION,
            self.brand,
        ];
        let mut at = HEADER;
        for list in List::ALL {
            let items = &self.lists[list as usize];
            words.extend([at as u32, (items.len() / list.words()) as u32]);
            at += items.len() * 4;
        }
        let mut bytes = Vec::with_capacity(size);
        append(&mut bytes, &words);
        for list in &self.lists {
            append(&mut bytes, list);
        }
        bytes.extend(body);
        bytes.extend(pool);
        bytes.resize(size, 0);
        bytes
    }
}

fn append(bytes: &mut Vec<u8>, words: &[u32]) {
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

/// The bucket before which each variant ends: cumulative weights over [`BUCKETS`], rounded down.
fn bucket_ends(variants: &[Variant]) -> Vec<u32> {
    let sum: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
    let mut so_far = 0;
    let ends = variants.iter().map(|variant| {
        so_far += u64::from(variant.weight);
        (so_far * u64::from(BUCKETS) / sum.max(1)) as u32
    });
    ends.collect()
}

fn columns(clauses: &[Clause<'_>], rows: Rows, places: &[Vec<u32>; 4]) -> Columns {
    let end = rows.end();
    let (language, device, media) = (rows.first_language(), rows.first_device(), rows.first_media());
    // All rows of a dimension, and the row of its first value: before it is the one of values that no rule names.
    let dimensions = [
        (0..rows.products, 0),
        (language..device, language + 1),
        (device..media, device),
        (media..end, media + 1),
    ];
    let mut columns = Columns::new((end + STATES + 1) as usize, clauses.len());
    for (index, clause) in clauses.iter().enumerate() {
        for (dimension, (all, first)) in dimensions.iter().enumerate() {
            let values = clause.values[dimension];
            if values.is_empty() {
                all.clone().for_each(|row| columns.set(index, row));
            }
            for value in values {
                columns.set(index, first + places[dimension][*value as usize]);
            }
        }
        let states = match clause.place {
            Place::Any => u64::MAX,
            Place::States(states) => states,
            Place::Areas(_) | Place::Exact(_) => 0,
        };
        (0..=STATES)
            .filter(|state| states >> state & 1 == 1)
            .for_each(|state| columns.set(index, end + state));
    }
    columns
}

fn windows(clauses: &[Clause<'_>]) -> Vec<u32> {
    let windows = clauses.iter().enumerate().filter_map(|(rank, clause)| {
        let window = clause.window.as_ref()?;
        let halves = |seconds: i64| [seconds as u32, (seconds >> 32) as u32];
        let ([from, from_high], [until, until_high]) = (halves(window.start), halves(window.end));
        Some([rank as u32, from, from_high, until, until_high])
    });
    windows.flatten().collect()
}
