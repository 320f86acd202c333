use url::Url;

use super::ConfigError;

/// Where traces go, if anywhere.
#[derive(Clone, Debug)]
pub struct Traces {
    /// A collector that takes OTLP over HTTP, without `/v1/traces`.
    pub endpoint: Url,
    /// The part of all traces that is kept, 0 to 1.
    pub ratio: f64,
}

pub(super) fn parse_traces(endpoint: Option<String>, ratio: f64) -> Result<Option<Traces>, ConfigError> {
    const ENDPOINT: &str = "MARQUEE_OTLP_ENDPOINT";
    const RATIO: &str = "MARQUEE_TRACE_RATIO";
    if !(0.0..=1.0).contains(&ratio) {
        let detail = format!("{ratio} is no part of all: give a number from 0 to 1");
        return Err(ConfigError::Invalid(RATIO, detail));
    }
    let Some(endpoint) = endpoint.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let endpoint = super::defaults::parse_url(ENDPOINT, endpoint.trim())?;
    if !matches!(endpoint.scheme(), "http" | "https") {
        let detail = "begin it with http:// or https://, where a collector listens".to_owned();
        return Err(ConfigError::Invalid(ENDPOINT, detail));
    }
    Ok(Some(Traces { endpoint, ratio }))
}
