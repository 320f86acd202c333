use marquee_shared::code::is_code;
use marquee_shared::decide::{Device, Visitor};
use marquee_shared::rules::{Profile, Settings};
use marquee_shared::split;
use marquee_shared::zip::{Typed, Zip};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::redirects::Refusal;

/// Query strings longer than this are nobody's.
const MAX_QUERY_BYTES: usize = 4_096;
/// The hit that a simulated visitor would be: what `rotate` draws from, and `{hit}`.
const HIT: &str = "00000000-0000-7000-8000-000000000000";

/// A visitor to try rules out with.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Visitor)]
pub struct ProfileBody {
    /// Five digits, or nine
    #[schema(example = "10001")]
    zip: String,
    /// One of the brand's products
    #[schema(example = "auto")]
    product: String,
    /// One of the brand's languages; its default unless given
    #[schema(example = "en")]
    language: Option<String>,
    /// `mobile`, `tablet` or `desktop`, which it is unless given
    #[schema(example = "mobile")]
    device: Option<String>,
    /// The marketing channel; none unless given
    #[schema(example = "google")]
    media: Option<String>,
    /// Who it is to a sticky split
    #[schema(example = "visitor-7")]
    vid: Option<String>,
    /// The query string they bring, of which the brand's `pass_query` is passed on
    #[schema(example = "utm_source=news")]
    query: Option<String>,
}

impl From<ProfileBody> for Profile {
    fn from(body: ProfileBody) -> Self {
        let ProfileBody {
            zip,
            product,
            language,
            device,
            media,
            vid,
            query,
        } = body;
        Self {
            zip,
            product,
            language,
            device,
            media,
            vid,
            query,
        }
    }
}

/// A visitor who makes sense to a brand.
#[derive(Clone, Debug)]
pub(in crate::redirects) struct Somebody<'a> {
    product: &'a str,
    zip: Typed,
    language: &'a str,
    device: Device,
    media: &'a str,
    query: &'a str,
    seed: u64,
}

impl<'a> Somebody<'a> {
    /// Refuses where the edge would answer 4xx or take a default: who tries rules out has made a mistake.
    ///
    /// # Errors
    /// Everything that is wrong, with pointers into the profile.
    pub(in crate::redirects) fn of(
        profile: &'a Profile,
        settings: &'a Settings,
    ) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let zip = Zip::parse(&profile.zip);
        if let Err(error) = &zip {
            refusals.push(refusal("zip", "zip_invalid", error.to_string()));
        }
        let products: Vec<&str> = settings
            .products
            .iter()
            .map(|product| product.code.as_str())
            .collect();
        known(&mut refusals, "product", &profile.product, &products);
        let languages: Vec<&str> = settings.languages.iter().map(String::as_str).collect();
        let language = profile.language.as_deref().unwrap_or(&settings.default_language);
        known(&mut refusals, "language", language, &languages);
        let device = profile.device.as_deref().unwrap_or(Device::Desktop.as_str());
        known(&mut refusals, "device", device, &Device::ALL.map(Device::as_str));
        let media = profile.media.as_deref().unwrap_or_default();
        if !media.is_empty() && !is_code(media) {
            let detail = format!("`{media}` is no code: small letters, digits and `-`, at most 40");
            refusals.push(refusal("media", "media_invalid", detail));
        }
        let query = profile.query.as_deref().unwrap_or_default();
        if query.len() > MAX_QUERY_BYTES {
            let detail = format!("a query string has at most {MAX_QUERY_BYTES} bytes");
            refusals.push(refusal("query", "query_too_long", detail));
        }
        match (zip, Device::parse(device)) {
            (Ok(zip), Some(device)) if refusals.is_empty() => Ok(Self {
                product: &profile.product,
                zip,
                language,
                device,
                media,
                query: query.trim_start_matches('?'),
                seed: split::seed(profile.vid.as_deref().unwrap_or_default().as_bytes()),
            }),
            _ => Err(refusals),
        }
    }

    /// Who comes at `at`, in Unix seconds.
    pub(in crate::redirects) fn visit(&self, at: i64) -> Visitor<'a> {
        Visitor {
            product: self.product,
            zip: self.zip,
            language: self.language,
            device: self.device,
            media: self.media,
            at,
            hit: HIT,
            seed: self.seed,
            query: self.query,
        }
    }
}

fn known(refusals: &mut Vec<Refusal>, field: &'static str, value: &str, values: &[&str]) {
    if values.contains(&value) {
        return;
    }
    let code = match field {
        "product" => "product_unknown",
        "language" => "language_unknown",
        _ => "device_unknown",
    };
    let known = values.join(", ");
    let detail = format!("there is no {field} `{value}` here; known: {known}");
    refusals.push(refusal(field, code, detail));
}

fn refusal(field: &str, code: &'static str, detail: String) -> Refusal {
    Refusal {
        code,
        rule: None,
        other: None,
        pointer: format!("/visitor/{field}"),
        detail,
    }
}
