//! Short codes, as the brand's aliases explain them.

use std::collections::BTreeMap;

use marquee_shared::code::is_code;
use marquee_shared::decide::Device;
use marquee_shared::rules::{Parameter, Settings};

use super::row::Row;

/// Known codes listed in a reason.
const LISTED: usize = 10;

/// The codes of one dimension that a brand knows.
struct Known<'a> {
    aliases: Option<&'a BTreeMap<String, String>>,
    /// Ours, which stand for themselves.
    own: Vec<&'a str>,
    /// Codes of ours need not be listed anywhere.
    open: bool,
}

/// What a brand understands, as at `POST /generator/process`.
pub(super) struct Codes<'a> {
    product: Known<'a>,
    language: Known<'a>,
    device: Known<'a>,
    media: Known<'a>,
    systems: Option<&'a BTreeMap<String, Vec<Parameter>>>,
}

impl<'a> Codes<'a> {
    pub(super) fn of(settings: Option<&'a Settings>) -> Self {
        let aliases = settings.map(|settings| &settings.aliases);
        let (systems, settings) = (settings, settings.into_iter());
        let products = settings.clone().flat_map(|settings| &settings.products);
        let languages = settings.flat_map(|settings| &settings.languages);
        Self {
            product: Known {
                aliases: aliases.map(|aliases| &aliases.product),
                own: products.map(|product| product.code.as_str()).collect(),
                open: false,
            },
            language: Known {
                aliases: aliases.map(|aliases| &aliases.language),
                own: languages.map(String::as_str).collect(),
                open: false,
            },
            device: Known {
                aliases: aliases.map(|aliases| &aliases.device),
                own: Device::ALL.map(Device::as_str).to_vec(),
                open: false,
            },
            media: Known {
                aliases: aliases.map(|aliases| &aliases.media),
                own: Vec::new(),
                open: true,
            },
            systems: systems.map(|settings| &settings.systems),
        }
    }

    /// Of the brand's own.
    pub(super) fn has_system(&self, name: &str) -> bool {
        self.systems.is_some_and(|systems| systems.contains_key(name))
    }

    pub(super) fn product(&self, row: &mut Row<'_, '_>) -> Vec<String> {
        self.product.read(row, "insurance", "product")
    }

    pub(super) fn language(&self, row: &mut Row<'_, '_>) -> Vec<String> {
        self.language.read(row, "language", "language")
    }

    pub(super) fn device(&self, row: &mut Row<'_, '_>) -> Vec<String> {
        self.device.read(row, "device", "device")
    }

    pub(super) fn media(&self, row: &mut Row<'_, '_>) -> Vec<String> {
        self.media.read(row, "media", "media")
    }
}

impl Known<'_> {
    /// Our code for the field; nothing if it is told that there is none.
    fn read(&self, row: &mut Row<'_, '_>, column: &str, dimension: &str) -> Vec<String> {
        let text = row.field(column);
        if text.is_empty() {
            let reason = "only the state may be empty, which is any; here the original wanted an exact code";
            row.refuse(column, "code_missing", reason, None);
            return Vec::new();
        }
        if let Some(code) = self.aliases.and_then(|aliases| aliases.get(text)) {
            return vec![code.clone()];
        }
        // `7` may be one of ours, and `007` from which a spreadsheet ate the zeros: then it is asked.
        if self.own.contains(&text) || self.open && is_code(text) && self.same(text).is_none() {
            return vec![text.to_owned()];
        }
        let reason = format!(
            "`{text}` is no alias of a {dimension} in the brand's settings{}",
            self.listed()
        );
        row.refuse(column, "code_unknown", reason, self.near(text));
        Vec::new()
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let aliases = self
            .aliases
            .into_iter()
            .flat_map(BTreeMap::keys)
            .map(String::as_str);
        aliases.chain(self.own.iter().copied())
    }

    fn listed(&self) -> String {
        let known: Vec<_> = self.all().take(LISTED).map(|code| format!("`{code}`")).collect();
        let more = if self.all().nth(LISTED).is_some() {
            ", …"
        } else {
            ""
        };
        if known.is_empty() {
            String::new()
        } else {
            format!("; there are {}{more}", known.join(", "))
        }
    }

    /// In another case, or without the zeros that a spreadsheet ate.
    fn same(&self, text: &str) -> Option<&str> {
        self.all().find(|code| plain(code) == plain(text))
    }

    /// The same, or the beginning of one.
    fn near(&self, text: &str) -> Option<String> {
        let begins = |code: &&str| !plain(text).is_empty() && plain(code).starts_with(&plain(text));
        let near = self.same(text).or_else(|| self.all().find(begins));
        near.map(str::to_owned)
    }
}

fn plain(text: &str) -> String {
    text.trim_start_matches('0').to_lowercase()
}
