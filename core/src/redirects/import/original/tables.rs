//! What stands in a file, before it is put together.

mod join;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, btree_map};

use marquee_shared::rules::When;

use super::codes::Codes;
use super::configuration::{Configuration, Type};
use super::row::Row;

/// What stands in a file, by table. Rows may come before those they refer to.
#[derive(Default)]
pub(super) struct Tables {
    configurations: Vec<Leading>,
    /// The original's id → its line, and its place above unless the line is bad.
    ids: HashMap<u64, (u64, Option<usize>)>,
    /// Line and place of the configuration for these visitors.
    visitors: HashMap<When, usize>,
    singles: Vec<Single>,
    multis: BTreeMap<u64, Multi>,
    urls: Vec<Url>,
    /// The line that first said whose rules these are, and what it said.
    owner: Option<(u64, [String; 2])>,
}

/// A configuration, and where it leads.
struct Leading {
    configuration: Configuration,
    /// Order → URL.
    urls: Vec<(u64, String)>,
    /// A routing refers to it.
    routed: bool,
    /// What is wrong with it is told.
    told: bool,
}

struct Single {
    line: u64,
    configuration: u64,
    url: Option<String>,
}

struct Multi {
    line: u64,
    /// `None`: the line is bad.
    refers: Option<(u64, u64)>,
    urls: u64,
}

struct Url {
    line: u64,
    multi: u64,
    order: u64,
    url: Option<String>,
}

impl Tables {
    pub(super) fn len(&self) -> usize {
        self.configurations.len()
    }

    pub(super) fn configuration(&mut self, row: &mut Row<'_, '_>, codes: &Codes<'_>) {
        self.owned(row);
        let id = row.whole("id");
        let read = Configuration::read(row, codes);
        let place = read.and_then(|configuration| self.add(row, configuration));
        let known = match id.map(|id| self.ids.entry(id)) {
            Some(Entry::Vacant(free)) => {
                free.insert((row.line, place));
                return;
            }
            Some(Entry::Occupied(first)) => Some(first.get().0),
            None => None,
        };
        if let Some(line) = known {
            let reason = format!("the configuration stands on line {line} already");
            row.refuse("id", "id_twice", reason, None);
        }
        // No routing can name it.
        if let Some(leading) = place.and_then(|place| self.configurations.get_mut(place)) {
            leading.told = true;
        }
    }

    /// A configuration with its URL; a further line of a multiple one brings a further URL.
    pub(super) fn whole(&mut self, row: &mut Row<'_, '_>, codes: &Codes<'_>) {
        self.owned(row);
        let (read, url) = (Configuration::read(row, codes), row.url());
        let Some(configuration) = read else {
            return;
        };
        let last = self.configurations.last_mut();
        let last = last.filter(|last| last.configuration.when == configuration.when);
        if let Some(last) = last.filter(|last| last.configuration.kind == Type::Multi)
            && configuration.kind == Type::Multi
        {
            if last.configuration.system != configuration.system {
                let reason = format!("another system on line {}", last.configuration.line);
                row.refuse(
                    "system",
                    "system_differs",
                    reason,
                    last.configuration.system.clone(),
                );
            }
            let order = last.urls.last().map_or(1, |(order, _)| order + 1);
            last.urls.extend(url.map(|url| (order, url)));
            return;
        }
        if let Some(place) = self.add(row, configuration)
            && let Some(added) = self.configurations.get_mut(place)
        {
            added.told = url.is_none();
            added.urls.extend(url.map(|url| (1, url)));
        }
    }

    /// `None` if others for the same visitors stand there already.
    fn add(&mut self, row: &mut Row<'_, '_>, configuration: Configuration) -> Option<usize> {
        match self.visitors.entry(configuration.when.clone()) {
            Entry::Occupied(first) => {
                let first = self.configurations.get(*first.get());
                let line = first.map_or(1, |first| first.configuration.line);
                let reason = format!(
                    "for the same visitors as line {line}, and the original took whichever came first: keep one"
                );
                row.refuse("id", "configuration_twice", reason, None);
                None
            }
            Entry::Vacant(free) => {
                let place = *free.insert(self.configurations.len());
                self.configurations.push(Leading {
                    configuration,
                    urls: Vec::new(),
                    routed: false,
                    told: false,
                });
                Some(place)
            }
        }
    }

    /// Refuses a second brand.
    fn owned(&mut self, row: &mut Row<'_, '_>) {
        let columns = ["brand_id", "brand"];
        let owner = columns.map(|column| row.field(column).to_owned());
        let (line, first) = self.owner.get_or_insert_with(|| (row.line, owner.clone()));
        for ((column, first), this) in columns.iter().zip(first.iter()).zip(&owner) {
            if first != this {
                let reason = format!("another brand than on line {line}; a file is of one brand");
                row.refuse(column, "other_brand", reason, Some(first.clone()));
            }
        }
    }

    pub(super) fn single(&mut self, row: &mut Row<'_, '_>) {
        let (refers, url) = (row.whole("configuration_id"), row.url());
        if let Some(configuration) = refers {
            self.singles.push(Single {
                line: row.line,
                configuration,
                url,
            });
        }
    }

    pub(super) fn multi(&mut self, row: &mut Row<'_, '_>) {
        let (id, refers, total) = (row.whole("id"), row.whole("configuration_id"), row.whole("total"));
        let Some(id) = id else {
            return;
        };
        match self.multis.entry(id) {
            btree_map::Entry::Occupied(first) => {
                let reason = format!("the routing stands on line {} already", first.get().line);
                row.refuse("id", "id_twice", reason, None);
            }
            btree_map::Entry::Vacant(free) => {
                free.insert(Multi {
                    line: row.line,
                    refers: refers.zip(total),
                    urls: 0,
                });
            }
        }
    }

    pub(super) fn url(&mut self, row: &mut Row<'_, '_>) {
        let (multi, order, url) = (row.whole("routing_multi_id"), row.whole("order"), row.url());
        if let (Some(multi), Some(order)) = (multi, order) {
            self.urls.push(Url {
                line: row.line,
                multi,
                order,
                url,
            });
        }
    }
}
