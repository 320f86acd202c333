//! The Worker's `/healthz`, over HTTP.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use futures::future::join_all;
use reqwest::{Client, StatusCode, redirect};
use serde::Deserialize;
use url::Url;

use crate::redirects::{EdgeHealth, EdgeReport};

/// A person waits for it, and a Worker that needs longer is not well.
const TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Healthz {
    client: Client,
    edges: Vec<Url>,
}

impl Healthz {
    /// For Workers at these addresses; opens no connection yet.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(edges: &[Url]) -> anyhow::Result<Self> {
        // Process-wide and the same for everyone; an error only says that it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .context("building the client of the edge")?;
        Ok(Self {
            client,
            edges: edges.to_vec(),
        })
    }

    async fn ask(&self, edge: &Url, brand: Option<&str>) -> EdgeReport {
        let url = edge.origin().ascii_serialization();
        let answer = match self.fetch(edge, brand).await {
            // It does not know the brand yet, and says no more than that.
            Ok(None) => self.fetch(edge, None).await,
            answer => answer,
        };
        match answer {
            Ok(Some(health)) => health.report(url),
            Ok(None) => unreachable(url, "what answers there is no Worker of ours".to_owned()),
            Err(error) => unreachable(url, reason(error)),
        }
    }

    async fn fetch(&self, edge: &Url, brand: Option<&str>) -> reqwest::Result<Option<Health>> {
        let mut url = edge.clone();
        url.set_path("/healthz");
        url.query_pairs_mut()
            .extend_pairs(brand.map(|brand| ("brand", brand)));
        let answer = self.client.get(url).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.json().await.map(Some)
    }
}

#[async_trait]
impl EdgeHealth for Healthz {
    async fn look(&self, brand: Option<&str>) -> Vec<EdgeReport> {
        join_all(self.edges.iter().map(|edge| self.ask(edge, brand))).await
    }
}

fn unreachable(url: String, error: String) -> EdgeReport {
    EdgeReport {
        url,
        status: "unreachable".to_owned(),
        error: Some(error),
        ..EdgeReport::default()
    }
}

fn reason(error: reqwest::Error) -> String {
    let seconds = TIMEOUT.as_secs();
    if error.is_timeout() {
        format!("no answer within {seconds} seconds")
    } else if error.is_decode() {
        "what answers there is no Worker of ours".to_owned()
    } else {
        format!("{:#}", anyhow::Error::new(error.without_url()))
    }
}

/// As `edge/src/health.rs` writes it.
#[derive(Deserialize)]
struct Health {
    status: String,
    sequence: Option<i64>,
    age_seconds: Option<i64>,
    build: String,
    #[serde(default)]
    refused: Option<String>,
    #[serde(default)]
    brand: Option<BrandHealth>,
}

#[derive(Deserialize)]
struct BrandHealth {
    revision: i32,
    #[serde(default)]
    canary: Option<CanaryHealth>,
}

#[derive(Deserialize)]
struct CanaryHealth {
    revision: i32,
}

impl Health {
    fn report(self, url: String) -> EdgeReport {
        let canary = self.brand.as_ref().and_then(|brand| brand.canary.as_ref());
        EdgeReport {
            url,
            status: self.status,
            sequence: self.sequence,
            age_seconds: self.age_seconds,
            build: Some(self.build),
            canary_revision: canary.map(|canary| canary.revision),
            revision: self.brand.map(|brand| brand.revision),
            error: self
                .refused
                .map(|code| format!("it keeps to an older manifest: {code}")),
        }
    }
}
