//! A visit: who asks for what, and the decision about it. Both endpoints end here.

use marquee_shared::code::is_code;
use marquee_shared::decide::{self, Decision, Device, Visitor};
use marquee_shared::hit::{Hit, Outcome};
use marquee_shared::manifest::{Brand, Mode};
use marquee_shared::split;
use marquee_shared::zip::{State, Typed};
use sha2::{Digest, Sha256};

use crate::request::Facts;
use crate::sigv4::hex;
use crate::site::Installed;

/// When, and under which id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub hit: String,
    /// The manifest is past its soft expiry.
    pub stale: bool,
}

/// What is asked, in the brand's own codes.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    pub product: &'a str,
    pub language: &'a str,
    pub device: Device,
    /// Empty if there is none.
    pub media: &'a str,
    /// What the brand's site calls the visitor, to make splits sticky.
    pub vid: Option<&'a str>,
    /// The raw query string.
    pub query: &'a str,
    /// A bot, a preview or a prefetch.
    pub bot: bool,
}

/// Decides, and says so in a hit.
#[must_use]
pub fn decided<'a>(
    installed: &'a Installed,
    visit: &Visit<'_>,
    zip: Typed,
    facts: &Facts<'_>,
    moment: &Moment,
) -> (Decision<'a>, Hit) {
    let network = facts.network();
    let seed = seed(visit, facts, network.as_deref());
    let site = installed.site(seed);
    let visitor = Visitor {
        product: visit.product,
        zip,
        language: visit.language,
        device: visit.device,
        media: visit.media,
        at: moment.at_ms.div_euclid(1_000),
        hit: &moment.hit,
        seed,
        query: visit.query,
    };
    let decision = decide::decide(&site, &visitor);
    let hit = Hit {
        zip: Some(zip.zip.to_string()),
        zip_known: decision.known,
        state: decision.state.map(|state| state.code().to_owned()),
        outcome: decision.outcome,
        rule: decision.rule,
        variant: decision.variant.map(str::to_owned),
        revision: site.revision,
        canary: site.canary,
        url_sha256: decision.location.as_ref().map(|url| hex(&Sha256::digest(url))),
        region_mismatch: elsewhere(facts, decision.state, decision.alternatives),
        ip: network,
        ..undecided(site.brand, visit, facts, moment)
    };
    (decision, hit)
}

/// The kill switch where there is no ZIP to decide about: the visitor goes to the brand's fallback all the same.
#[must_use]
pub fn killed(
    installed: &Installed,
    visit: &Visit<'_>,
    facts: &Facts<'_>,
    moment: &Moment,
) -> Option<(String, Hit)> {
    if installed.brand.mode != Mode::Fallback {
        return None;
    }
    let url = decide::fallback(&installed.brand, visit.query)?;
    let hit = Hit {
        outcome: Outcome::Killed,
        url_sha256: Some(hex(&Sha256::digest(&url))),
        ip: facts.network(),
        ..undecided(&installed.brand, visit, facts, moment)
    };
    Some((url, hit))
}

/// The hit of a visit before anything is decided: no table could be read.
#[must_use]
pub fn undecided(brand: &Brand, visit: &Visit<'_>, facts: &Facts<'_>, moment: &Moment) -> Hit {
    let code = |text: &str| is_code(text).then(|| text.to_owned());
    let short = |text: &str| (!text.is_empty() && text.len() <= 8).then(|| text.to_owned());
    Hit {
        id: moment.hit.clone(),
        at_ms: moment.at_ms,
        brand: brand.code.clone(),
        product: code(visit.product).unwrap_or_default(),
        language: code(visit.language).unwrap_or_default(),
        device: visit.device.as_str().to_owned(),
        media: code(visit.media),
        zip: None,
        zip_known: false,
        state: None,
        outcome: Outcome::Unavailable,
        rule: None,
        variant: None,
        revision: brand.revision,
        canary: false,
        url_sha256: None,
        colo: short(facts.colo),
        country: short(facts.country),
        bot: visit.bot,
        region_mismatch: false,
        ip: None,
    }
}

/// `vid`, else the cookie, else cut IP and user agent.
fn seed(visit: &Visit<'_>, facts: &Facts<'_>, network: Option<&str>) -> u64 {
    match visit.vid.or_else(|| facts.visitor_cookie()) {
        Some(name) => split::seed(name.as_bytes()),
        None => split::seed(
            [network.unwrap_or_default(), "\n", facts.user_agent]
                .concat()
                .as_bytes(),
        ),
    }
}

/// Whether the visitor's address is in another state than the ZIP. Abroad says nothing.
fn elsewhere(facts: &Facts<'_>, state: Option<State>, alternatives: &[State]) -> bool {
    let here = |state: &State| state.code() == facts.region;
    facts.country == "US"
        && !facts.region.is_empty()
        && state.is_some_and(|state| !here(&state) && !alternatives.iter().any(here))
}
