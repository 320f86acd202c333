//! Traces: what led to what, from a request over its jobs to the calls of other systems.
//!
//! Spans are `tracing`'s; this makes OpenTelemetry's of them where somebody wants traces. Their attributes are ids,
//! routes and names of ours: never a word of what people sent.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanExporter};
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// How long ending may take: what is not sent by then is lost.
const END_WITHIN: Duration = Duration::from_secs(3);
/// W3C's name for where a span stands in its trace.
const TRACEPARENT: &str = "traceparent";

/// Where traces go; cheap to clone.
#[derive(Clone, Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// `ratio` of all that begin here are kept, whole: whatever a request leads to follows what was decided for it.
    pub fn new(exporter: impl SpanExporter + 'static, env: &str, ratio: f64) -> Self {
        let resource = Resource::builder_empty()
            .with_service_name("marquee")
            .with_attributes([
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("deployment.environment.name", env.to_owned()),
            ])
            .build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Self(provider)
    }

    /// What makes OpenTelemetry's spans of ours, and of nobody else's. What is logged within one stays in the log: its
    /// words may be anybody's.
    pub fn layer<S>(&self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let ours = filter_fn(|what| {
            what.is_span() && what.target().starts_with("marquee_core") && *what.level() <= Level::INFO
        });
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("marquee"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(ours)
    }

    /// Sends what has ended.
    ///
    /// # Errors
    /// It could not be sent.
    pub async fn flush(&self) -> anyhow::Result<()> {
        let provider = self.0.clone();
        // It blocks until a thread of its own has sent, by this runtime.
        let flushed = tokio::task::spawn_blocking(move || provider.force_flush());
        flushed.await?.context("sending spans")
    }

    /// Sends what has ended, and no more afterwards. What cannot be sent is lost.
    pub async fn end(self) {
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(END_WITHIN));
        if let Ok(Err(error)) = ended.await {
            tracing::warn!(error = %error, "some spans were not sent");
        }
    }
}

/// Where the current span stands in its trace, for a job that goes on from it; `None` where nobody wants traces.
pub fn traceparent() -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// Makes `span` a part of the trace that `traceparent` stands in.
pub fn follow(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    // Refused only for a span that nobody wants.
    let _ = span.set_parent(context);
}
