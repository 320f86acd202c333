//! What an isolate knows: the newest manifest it trusts, and the brands it has tables for.
//!
//! Nothing here waits or does I/O; `load` does. Whatever is refused, what is here keeps answering.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use marquee_shared::city::CityTable;
use marquee_shared::manifest::{Brand, Manifest};
use marquee_shared::table::Table;

use crate::by_name::ByName;
use crate::site::Installed;

/// The name under which the manifest is leased; brands are leased under their codes, which are never empty.
pub const MANIFEST: &str = "";
/// A load belongs to one request for this long, then to the next: the first may have been cancelled.
const LEASE_MS: u64 = 10_000;
/// After a failed load: doubled each time, up to the second.
const REST_MS: u64 = 1_000;
const MAX_REST_MS: u64 = 10_000;
/// Tables and cities held, in bytes. An isolate has 128 MB, and wasm memory never shrinks.
const MAX_BYTES: usize = 48 << 20;
/// How far the publisher's clock may be ahead of ours.
const SKEW_SECONDS: i64 = 300;

#[derive(Debug, Default)]
pub struct Store {
    accepted: Option<Accepted>,
    /// Key id → the highest sequence accepted from it.
    ratchet: ByName<u64>,
    installed: ByName<Slot>,
    leases: ByName<Lease>,
    tables: ByName<Weak<Table>>,
    cities: ByName<Weak<CityTable>>,
    refresh_at_ms: u64,
    /// From here on visitors wait for the manifest to be looked up.
    wait_from_ms: u64,
    /// How often it was looked up, with whatever outcome.
    lookups: u64,
    refusal: Option<Refusal>,
}

#[derive(Debug)]
struct Accepted {
    manifest: Manifest,
    /// Indices into the manifest's brands.
    codes: ByName<usize>,
    hosts: ByName<usize>,
}

#[derive(Debug)]
struct Slot {
    installed: Rc<Installed>,
    used_ms: Cell<u64>,
}

#[derive(Debug, Default)]
struct Lease {
    until_ms: u64,
    failures: u32,
    rest_until_ms: u64,
}

/// Why something new was not taken: a stable code, and the particulars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub detail: String,
}

impl Refusal {
    #[must_use]
    pub fn new(code: &'static str, detail: impl ToString) -> Self {
        Self {
            code,
            detail: detail.to_string(),
        }
    }
}

/// How a request names its brand.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    Code(&'a str),
    Host(&'a str),
    /// No brand, only what the manifest says.
    Nothing,
}

#[derive(Clone, Debug)]
pub enum Found {
    Ready(Rc<Installed>),
    /// Live, but its tables are not here.
    Missing(String),
    /// Not in the manifest.
    Unknown,
    NoManifest,
}

/// What a request that needs a load may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Load it: nobody else will for a while.
    Yours,
    /// Somebody is loading it.
    Taken,
    /// It has just failed.
    Resting,
}

impl Store {
    #[must_use]
    pub fn find(&self, wanted: Wanted<'_>, now_ms: u64) -> Found {
        let Some(accepted) = &self.accepted else {
            return Found::NoManifest;
        };
        let code = match wanted {
            Wanted::Nothing => return Found::Unknown,
            Wanted::Code(code) => code,
            Wanted::Host(host) => match accepted
                .hosts
                .get(host)
                .and_then(|at| accepted.manifest.brands.get(*at))
            {
                Some(brand) => &brand.code,
                None => return Found::Unknown,
            },
        };
        match self.installed.get(code) {
            Some(slot) => {
                slot.used_ms.set(now_ms);
                Found::Ready(Rc::clone(&slot.installed))
            }
            None if accepted.codes.get(code).is_some() => Found::Missing(code.to_owned()),
            None => Found::Unknown,
        }
    }

    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        self.accepted.as_ref().map(|accepted| &accepted.manifest)
    }

    /// A brand as the manifest has it; its tables may not be here yet.
    #[must_use]
    pub fn live(&self, code: &str) -> Option<&Brand> {
        let accepted = self.accepted.as_ref()?;
        accepted.manifest.brands.get(*accepted.codes.get(code)?)
    }

    /// Whether the manifest is past its soft expiry: it still answers, and says so.
    #[must_use]
    pub fn stale(&self, now_ms: u64) -> bool {
        self.manifest()
            .is_some_and(|manifest| manifest.soft_expires_at < seconds(now_ms))
    }

    /// Takes a verified manifest, or says why not. `false`: it is the one already here.
    ///
    /// # Errors
    /// [`Refusal`] when it would go back, is below the deployment's floor, or is not valid yet.
    pub fn accept(
        &mut self,
        manifest: Manifest,
        key_id: &str,
        floor: u64,
        now_ms: u64,
    ) -> Result<bool, Refusal> {
        let sequence = manifest.sequence;
        if sequence < floor {
            return Err(Refusal::new(
                "below_floor",
                format!("sequence {sequence} is below {floor}"),
            ));
        }
        // Per key: whoever stole an old key and signed 2^64-1 cannot lock out its successor.
        if let Some(highest) = self.ratchet.get(key_id).filter(|highest| sequence < **highest) {
            return Err(Refusal::new(
                "rollback",
                format!("sequence {sequence} after {highest}, key {key_id}"),
            ));
        }
        if manifest.created_at > seconds(now_ms).saturating_add(SKEW_SECONDS) {
            return Err(Refusal::new(
                "not_yet",
                format!("sequence {sequence} is from the future"),
            ));
        }
        self.ratchet.insert(key_id, sequence);
        if self.manifest().is_some_and(|known| *known == manifest) {
            return Ok(false);
        }
        let (mut codes, mut hosts) = (ByName::default(), ByName::default());
        for (at, brand) in manifest.brands.iter().enumerate() {
            codes.insert(&brand.code, at);
            for host in &brand.hosts {
                hosts.insert(host, at);
            }
        }
        self.installed.retain(|code, _| codes.get(code).is_some());
        self.leases
            .retain(|code, _| code == MANIFEST || codes.get(code).is_some());
        self.accepted = Some(Accepted {
            manifest,
            codes,
            hosts,
        });
        Ok(true)
    }

    /// Brands that answer by something else than the manifest says.
    #[must_use]
    pub fn behind(&self) -> Vec<String> {
        let differs =
            |(code, slot): &(&str, &Slot)| self.live(code).is_some_and(|live| *live != slot.installed.brand);
        let behind = self.installed.iter().filter(differs);
        behind.map(|(code, _)| code.to_owned()).collect()
    }

    /// A table or city that some brand here has already.
    #[must_use]
    pub fn table(&self, sha256: &str) -> Option<Rc<Table>> {
        self.tables.get(sha256)?.upgrade()
    }

    #[must_use]
    pub fn city(&self, sha256: &str) -> Option<Rc<CityTable>> {
        self.cities.get(sha256)?.upgrade()
    }

    /// Swaps a brand in, whole, unless the manifest has moved on meanwhile. The brands unused for longest make
    /// room.
    pub fn install(&mut self, installed: Installed, now_ms: u64) {
        if self.live(&installed.brand.code) != Some(&installed.brand) {
            return;
        }
        self.tables.retain(|_, table| table.strong_count() > 0);
        self.cities.retain(|_, city| city.strong_count() > 0);
        let Brand {
            code,
            table,
            canary,
            city,
            ..
        } = installed.brand.clone();
        self.tables.insert(&table.sha256, Rc::downgrade(&installed.table));
        if let (Some(canary), Some(table)) = (canary, &installed.canary) {
            self.tables.insert(&canary.table.sha256, Rc::downgrade(table));
        }
        if let (Some(blob), Some(city)) = (city, &installed.city) {
            self.cities.insert(&blob.sha256, Rc::downgrade(city));
        }
        let slot = Slot {
            installed: Rc::new(installed),
            used_ms: Cell::new(now_ms),
        };
        self.installed.insert(&code, slot);
        while self.bytes() > MAX_BYTES {
            let others = self.installed.iter().filter(|(other, _)| *other != code);
            let oldest = others.min_by_key(|(_, slot)| slot.used_ms.get());
            let Some(oldest) = oldest.map(|(code, _)| code.to_owned()) else {
                return;
            };
            self.installed.remove(&oldest);
        }
    }

    /// Bytes of tables and cities held, each counted once.
    fn bytes(&self) -> usize {
        let tables = self.tables.iter().filter_map(|(_, table)| table.upgrade());
        let cities = self.cities.iter().filter_map(|(_, city)| city.upgrade());
        let sizes = tables
            .map(|table| table.size())
            .chain(cities.map(|city| city.size()));
        sizes.fold(0, usize::saturating_add)
    }

    /// Asks for the right to load something.
    pub fn claim(&mut self, key: &str, now_ms: u64) -> Claim {
        self.leases.update(key, |lease| {
            if now_ms < lease.until_ms {
                Claim::Taken
            } else if now_ms < lease.rest_until_ms {
                Claim::Resting
            } else {
                lease.until_ms = now_ms.saturating_add(LEASE_MS);
                Claim::Yours
            }
        })
    }

    /// Gives the right back, with the outcome. `true`: this failure is news, and worth a line in the log.
    pub fn loaded(&mut self, key: &str, outcome: Result<(), Refusal>, now_ms: u64) -> bool {
        let refusal = outcome.err();
        self.leases.update(key, |lease| {
            lease.until_ms = 0;
            if refusal.is_some() {
                let rest = REST_MS
                    .saturating_mul(1 << lease.failures.min(4))
                    .min(MAX_REST_MS);
                lease.rest_until_ms = now_ms.saturating_add(rest);
                lease.failures = lease.failures.saturating_add(1);
            } else {
                (lease.failures, lease.rest_until_ms) = (0, 0);
            }
        });
        let news = refusal.is_some() && refusal != self.refusal;
        if refusal.is_some() || key == MANIFEST {
            self.refusal = refusal;
        }
        news
    }

    /// Whether this request must refresh the manifest in the background; if so the right to it is taken.
    pub fn refresh_due(&mut self, now_ms: u64) -> bool {
        now_ms >= self.refresh_at_ms && self.claim(MANIFEST, now_ms) == Claim::Yours
    }

    /// The manifest was looked up, and is good for a while. After a failure only the rest counts. The right to it is
    /// kept until the tables are [`Self::confirmed`].
    pub fn refreshed(&mut self, now_ms: u64, refresh_ms: u64) {
        self.refresh_at_ms = now_ms.saturating_add(refresh_ms);
        self.claim(MANIFEST, now_ms);
    }

    /// Whether nobody has confirmed for too long what is here: a visitor waits for the manifest first. Without any,
    /// or without a brand's tables, everyone waits anyway.
    #[must_use]
    pub fn overdue(&self, now_ms: u64) -> bool {
        self.accepted.is_some() && now_ms >= self.wait_from_ms
    }

    /// How often the manifest was looked up: it changes when one ends.
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.lookups
    }

    /// The manifest was looked up and every table fetched that KV gives: nobody waits until that is `max_age_ms` ago.
    pub fn confirmed(&mut self, now_ms: u64, max_age_ms: u64) {
        self.leases.update(MANIFEST, |lease| lease.until_ms = 0);
        self.wait_from_ms = now_ms.saturating_add(max_age_ms);
        self.lookups = self.lookups.wrapping_add(1);
    }

    /// KV gave nothing, or not in time. What is here answers on, and nobody waits for KV again before a failed load
    /// may be tried again.
    pub fn waited_in_vain(&mut self, now_ms: u64, max_age_ms: u64) {
        self.wait_from_ms = now_ms.saturating_add(max_age_ms.max(MAX_REST_MS));
        self.lookups = self.lookups.wrapping_add(1);
    }

    /// Why what lies in KV is not what answers; `None` after a good refresh.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }
}

fn seconds(ms: u64) -> i64 {
    i64::try_from(ms / 1_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
