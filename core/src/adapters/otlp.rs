//! Traces into a collector, as OTLP over HTTP has them (protobuf).

use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use reqwest::{Client, redirect};
use tokio::runtime::Handle;

use crate::config;
use crate::platform::telemetry::Traces;

/// A whole call. Spans that wait longer are dropped rather than kept.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Opens no connection yet. To be called where a runtime is, by which it will send.
///
/// # Errors
/// TLS cannot be set up, or the address is none that can be sent to.
pub fn traces(settings: &config::Traces, env: &str) -> anyhow::Result<Traces> {
    // Process-wide and the same for everyone; an error only says that it was done before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
        .context("building the client of the collector")?;
    let endpoint = settings.endpoint.as_str().trim_end_matches('/');
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Ours {
            client,
            runtime: Handle::current(),
        })
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_timeout(TIMEOUT)
        .build()
        .context("building the exporter of traces")?;
    Ok(Traces::new(exporter, env, settings.ratio))
}

/// Our client, on our runtime: spans are sent from a thread that has none.
#[derive(Debug)]
struct Ours {
    client: Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Ours {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let answer = client.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, bytes) = sent.await??;
        Ok(Response::builder().status(status).body(bytes)?)
    }
}
