//! Hits as the edge would send them: decisions on sample brands, packed into messages.

use anyhow::{Context, Result};
use marquee_shared::compile::compile;
use marquee_shared::decide::{Decision, Site, decide};
use marquee_shared::hit::{Hit, MAX_PACKED, pack, uuid_v7};
use marquee_shared::manifest::Brand;
use marquee_shared::table::Table;
use time::OffsetDateTime;

use crate::brand;
use crate::engine::requests::{self, Mix, Request};
use crate::random::Random;

const BRANDS: usize = 3;
const RULES: usize = 3_000;
const REQUESTS: usize = 20_000;
/// Events a second at which the hits pretend to have happened.
const RATE: u64 = 20_000;

/// An endless stream of hits that are all different.
pub struct Traffic {
    brands: Vec<(Brand, Table, Vec<Request>)>,
    random: Random,
    made: u64,
    /// Milliseconds since 1970.
    from_ms: u64,
}

impl Traffic {
    /// Hits of the minutes before `now`.
    pub fn new(now: OffsetDateTime) -> Result<Self> {
        let mut brands = Vec::new();
        for index in 0..BRANDS {
            let mut set = marquee_sample::rules(RULES, index as u64);
            set.brand = format!("brand-{index}");
            let compiled = compile(&set).context("compiling a brand's rules")?;
            let brand = brand::live(&set, &compiled, None);
            let requests = requests::draw(&set, Mix::Skewed, now.unix_timestamp(), REQUESTS);
            brands.push((
                brand,
                Table::load(compiled.bytes).context("loading a brand's table")?,
                requests,
            ));
        }
        let now_ms = u64::try_from(now.unix_timestamp()).context("a time before 1970")? * 1_000;
        Ok(Self {
            brands,
            random: Random::new(now_ms),
            made: 0,
            from_ms: now_ms - 600_000,
        })
    }

    /// When the next hit happens.
    pub fn at(&self) -> Result<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.at_ms()) * 1_000_000)
            .context("a time without a date")
    }

    fn at_ms(&self) -> u64 {
        self.from_ms + self.made * 1_000 / RATE
    }

    /// Messages of a hundred hits each.
    pub fn messages(&mut self, count: usize) -> Result<Vec<Vec<u8>>> {
        let hits: Vec<String> = (0..count * MAX_PACKED)
            .map(|_| self.hit())
            .collect::<Result<_>>()?;
        Ok(pack(hits.iter().map(String::as_str))
            .into_iter()
            .map(|packed| packed.body.into_bytes())
            .collect())
    }

    fn hit(&mut self) -> Result<String> {
        let at_ms = self.at_ms();
        self.made += 1;
        let Self { brands, random, .. } = self;
        let (brand, table, requests) = random.pick(brands).context("no brands")?;
        let request = random.pick(requests).context("no requests")?;
        let mut bytes = [0; 10];
        let drawn = random
            .next()
            .to_le_bytes()
            .into_iter()
            .chain(random.next().to_le_bytes());
        bytes
            .iter_mut()
            .zip(drawn)
            .for_each(|(byte, drawn)| *byte = drawn);
        let id = uuid_v7(at_ms, bytes);
        let site = Site {
            brand,
            revision: brand.revision,
            canary: false,
            table,
            city: None,
        };
        let decision = decide(&site, &request.visitor());
        let hit = hit(
            brand,
            request,
            &decision,
            id,
            i64::try_from(at_ms)?,
            random.share() < 0.05,
        );
        serde_json::to_string(&hit).context("writing a hit")
    }
}

fn hit(brand: &Brand, request: &Request, decision: &Decision<'_>, id: String, at_ms: i64, bot: bool) -> Hit {
    Hit {
        id,
        at_ms,
        brand: brand.code.clone(),
        product: request.product.clone(),
        language: request.language.clone(),
        device: request.device.as_str().to_owned(),
        media: Some(request.media.clone()),
        zip: Some(request.zip.to_string()),
        zip_known: decision.known,
        state: decision.state.map(|state| state.code().to_owned()),
        outcome: decision.outcome,
        rule: decision.rule,
        variant: decision.variant.map(str::to_owned),
        revision: brand.revision,
        canary: false,
        url_sha256: Some(brand::blob(decision.location.as_deref().unwrap_or_default().as_bytes()).sha256),
        colo: Some("EWR".to_owned()),
        country: Some("US".to_owned()),
        bot,
        region_mismatch: false,
        ip: Some("203.0.113.0".to_owned()),
    }
}
