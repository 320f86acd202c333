//! The last gate before a table is signed: it decides as the rules say.

mod sample;

use time::OffsetDateTime;

use super::reference::{Answer, Reference};
use crate::decide::{Site, Visitor, decide};
use crate::manifest::{Blob, Brand, Mode};
use crate::rules::RuleSet;
use crate::table::Table;
use crate::zip::{State, locate};
use sample::Sample;

/// Requests that a table is compared on: so many a rule …
const REQUESTS_A_RULE: usize = 50;
/// … and no more than this.
const MAX_REQUESTS: usize = 1_000_000;
/// Also for a handful of rules.
const MIN_REQUESTS: usize = 2_000;
/// No more requests once rules were looked at so often, some seconds' worth: thousands may be alike but for their times.
const MAX_LOOKS: u64 = 100_000_000;
/// At most so many requests are sorted before they are compared: neighbours find in the processor's cache what they need.
const AT_ONCE: usize = 100_000;

/// A visitor for whom a table decides otherwise than its rules say: a defect of ours, or of the bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("for {visitor} the table decides {table}, where the rules say {rules}")]
pub struct Differs {
    /// The rule that should have decided.
    pub rule: Option<u32>,
    /// Everything about the visitor that matters.
    pub visitor: String,
    /// What the table decides.
    pub table: String,
    /// What the rules say.
    pub rules: String,
}

/// Compares a table with the rules that it was compiled from, by another way than the compiler's: the rules are only
/// sorted, and the first that matches decides.
///
/// The visitors are drawn, always the same ones: most are aimed at each rule in turn, at the edges of its ZIPs and of
/// its time, the rest anywhere. There are fifty for each rule, up to a million, or fewer where very many rules compete
/// for the same visitors. It takes half a second of a processor for 3,000 rules, two for 10,000 and twelve for 100,000,
/// so it belongs off the async threads.
///
/// # Errors
/// [`Differs`] names the first visitor who would be decided otherwise.
pub fn prove(set: &RuleSet, table: &Table) -> Result<(), Differs> {
    let reference = Reference::new(set);
    let brand = brand(set);
    let site = Site {
        brand: &brand,
        revision: 0,
        canary: false,
        table,
        city: None,
    };
    let requests = (set.rules.len() * REQUESTS_A_RULE).clamp(MIN_REQUESTS, MAX_REQUESTS);
    let mut sample = Sample::new(set).take(requests).peekable();
    let mut at_once = MIN_REQUESTS;
    while sample.peek().is_some() && reference.looks() < MAX_LOOKS {
        let mut visitors: Vec<Visitor<'_>> = sample.by_ref().take(at_once).collect();
        // So it is soon known when they cost too much.
        at_once = AT_ONCE.min(at_once * 2);
        visitors.sort_unstable_by_key(|visitor| (visitor.product, visitor.zip.zip.number()));
        for visitor in &visitors {
            compare(&reference, &site, visitor)?;
        }
    }
    Ok(())
}

fn compare(reference: &Reference<'_>, site: &Site<'_>, visitor: &Visitor<'_>) -> Result<(), Differs> {
    let expected = reference.answer(visitor);
    let found = Answer::from(decide(site, visitor));
    if found == expected {
        return Ok(());
    }
    Err(Differs {
        rule: expected.rule,
        visitor: told(visitor),
        table: format!("{found:?}"),
        rules: format!("{expected:?}"),
    })
}

/// The brand as if it were live, with its rules switched on.
fn brand(set: &RuleSet) -> Brand {
    let settings = &set.settings;
    Brand {
        code: set.brand.clone(),
        hosts: settings.hosts.clone(),
        origins: settings.origins.clone(),
        languages: settings.languages.clone(),
        default_language: settings.default_language.clone(),
        destinations: settings.destinations.clone(),
        pass_query: settings.pass_query.clone(),
        ask_url: settings.ask_url.clone(),
        fallback_url: settings.fallback_url.clone(),
        mode: Mode::Rules,
        revision: 0,
        table: Blob {
            sha256: String::new(),
            size: 0,
        },
        city: None,
        canary: None,
    }
}

fn told(visitor: &Visitor<'_>) -> String {
    let state = locate(visitor.zip.zip).state.map_or("no state", State::code);
    let at = OffsetDateTime::from_unix_timestamp(visitor.at)
        .map_or_else(|_| visitor.at.to_string(), |at| at.to_string());
    format!(
        "product `{}`, ZIP {} ({state}), language `{}`, device `{}`, media `{}`, {at}, seed {}, hit `{}`",
        visitor.product,
        visitor.zip.zip,
        visitor.language,
        visitor.device.as_str(),
        visitor.media,
        visitor.seed,
        visitor.hit,
    )
}
