//! A small HTTP client for services on this machine.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) revision: Option<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }
}

/// GET without following redirects.
pub(crate) fn get(url: &str, token: Option<&str>) -> Result<Answer> {
    let mut request = agent().get(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    read(request.call().with_context(|| format!("asking {url}"))?)
}

pub(crate) fn get_json(url: &str) -> Result<Answer> {
    read(
        agent()
            .get(url)
            .header("accept", "application/json")
            .call()
            .with_context(|| format!("asking {url}"))?,
    )
}

pub(crate) fn post(url: &str, body: &Value) -> Result<Answer> {
    read(
        agent()
            .post(url)
            .send_json(body)
            .with_context(|| format!("asking {url}"))?,
    )
}

/// Whether anybody answers there with success.
pub(crate) fn is_up(url: &str) -> bool {
    get(url, None).is_ok_and(|answer| answer.status == 200)
}

fn read(mut response: Response<ureq::Body>) -> Result<Answer> {
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let (location, revision) = (header("location"), header("x-marquee-revision"));
    let body = response
        .body_mut()
        .read_to_string()
        .context("reading an answer")?;
    Ok(Answer {
        status: response.status().as_u16(),
        location,
        revision,
        body,
    })
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into()
}
