//! Traces as a collector gets them: one from a request over its job to the call of the gateway.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Method;
use axum::routing::post;
use marquee_core::adapters::otlp;
use marquee_core::config;
use marquee_core::platform::telemetry::{self, Traces};
use marquee_tests::{Step, TestApp};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{GREET, scripted};

/// A collector, as far as spans go.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

impl Collector {
    async fn start() -> (Self, config::Traces) {
        let collector = Self::default();
        let router = Router::new()
            .route("/v1/traces", post(receive))
            .with_state(collector.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let settings = config::Traces {
            endpoint: endpoint.parse().unwrap(),
            ratio: 1.0,
        };
        (collector, settings)
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.0.lock().unwrap();
        let resources = requests.iter().flat_map(|request| &request.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }
}

async fn receive(State(collector): State<Collector>, body: Bytes) -> &'static str {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    collector.0.lock().unwrap().push(request);
    ""
}

fn watched(traces: &Traces) -> tracing::subscriber::DefaultGuard {
    tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()))
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| {
        let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
        panic!("no {name} in {names:?}")
    })
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_order_is_one_trace_from_its_request_over_the_job_to_the_gateway(db: PgPool) {
    let (collector, settings) = Collector::start().await;
    let market = crate::orders::Market::new(db).await;
    let traces = otlp::traces(&settings, "test").unwrap();
    let here = watched(&traces);

    let order = market.settled("sandbox_approve").await;

    drop(here);
    traces.flush().await.unwrap();
    let spans = collector.spans();
    let request = named(&spans, "POST /v1/orders");
    let job = named(&spans, "payments.operate");
    let call = named(&spans, "gateway authorize");
    assert_eq!(job.trace_id, request.trace_id, "the job goes on from the request");
    assert_eq!(call.trace_id, request.trace_id, "and so does what it calls");
    assert_eq!(call.parent_span_id, job.span_id);
    assert!(request.parent_span_id.is_empty(), "clients decide nothing");
    let said = format!("{:?}", collector.0.lock().unwrap());
    for personal in [
        crate::orders::CUSTOMER,
        "Caio",
        "Bia",
        "Sing for her",
        order.key.as_str(),
    ] {
        assert!(!said.contains(personal), "{personal} is in a span");
    }
    market.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_a_request_asked_for_is_known_by_its_id_when_it_fails_later(db: PgPool) {
    let (app, handler) = scripted(db).await;
    handler.script(GREET.name, [Step::Panic]);
    telemetry::within(
        ("request", "req-12345678".to_owned()),
        app.enqueue(&GREET, json!({}), None),
    )
    .await;
    app.run_jobs().await;
    app.app.settled().await;

    let (_, alerts) = app.get("/v1/alerts").await;
    assert_eq!(alerts["items"][0]["code"], "jobs.panicked");
    assert_eq!(alerts["items"][0]["about"]["request"], "req-12345678");
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_is_sent_anything_unless_somebody_wants_traces(db: PgPool) {
    let app = TestApp::new(db).await;
    app.enqueue(&GREET, json!({}), None).await;
    let request = app.request(Method::GET, "/v1/jobs").body(Body::empty()).unwrap();
    app.send(request).await;

    let origins: Vec<Option<serde_json::Value>> = sqlx::query_scalar("select origin from platform.job")
        .fetch_all(&app.app.db)
        .await
        .unwrap();
    assert_eq!(origins, [None], "a job of no request has none");
    app.leave_jobs();
}
