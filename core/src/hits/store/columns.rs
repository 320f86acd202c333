use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::hits::domain::Record;

/// Hits turned on their side: Postgres takes thousands of rows as a few arrays.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) day: Vec<Date>,
    pub(super) id: Vec<Uuid>,
    pub(super) at: Vec<OffsetDateTime>,
    pub(super) brand: Vec<&'a str>,
    pub(super) product: Vec<&'a str>,
    pub(super) language: Vec<&'a str>,
    pub(super) device: Vec<&'a str>,
    pub(super) media: Vec<Option<&'a str>>,
    pub(super) zip: Vec<Option<&'a str>>,
    pub(super) zip_known: Vec<bool>,
    pub(super) state: Vec<Option<&'a str>>,
    pub(super) outcome: Vec<&'static str>,
    pub(super) rule: Vec<Option<i32>>,
    pub(super) variant: Vec<Option<&'a str>>,
    pub(super) revision: Vec<i32>,
    pub(super) canary: Vec<bool>,
    pub(super) url_sha256: Vec<Option<&'a [u8]>>,
    pub(super) colo: Vec<Option<&'a str>>,
    pub(super) country: Vec<Option<&'a str>>,
    pub(super) bot: Vec<bool>,
    pub(super) region_mismatch: Vec<bool>,
    pub(super) ip: Vec<Option<&'a str>>,
}

impl<'a> From<&'a [Record]> for Columns<'a> {
    fn from(records: &'a [Record]) -> Self {
        let mut columns = Self::default();
        for record in records {
            columns.push(record);
        }
        columns
    }
}

impl<'a> Columns<'a> {
    fn push(&mut self, record: &'a Record) {
        let Record {
            id,
            at,
            hit,
            rule,
            revision,
            url_sha256,
            ip,
        } = record;
        self.day.push(record.day());
        self.id.push(*id);
        self.at.push(*at);
        self.brand.push(&hit.brand);
        self.product.push(&hit.product);
        self.language.push(&hit.language);
        self.device.push(&hit.device);
        self.media.push(hit.media.as_deref());
        self.zip.push(hit.zip.as_deref());
        self.zip_known.push(hit.zip_known);
        self.state.push(hit.state.as_deref());
        self.outcome.push(hit.outcome.as_str());
        self.rule.push(*rule);
        self.variant.push(hit.variant.as_deref());
        self.revision.push(*revision);
        self.canary.push(hit.canary);
        self.url_sha256
            .push(url_sha256.as_ref().map(<[u8; 32]>::as_slice));
        self.colo.push(hit.colo.as_deref());
        self.country.push(hit.country.as_deref());
        self.bot.push(hit.bot);
        self.region_mismatch.push(hit.region_mismatch);
        self.ip.push(ip.as_deref());
    }
}
