use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::Response;
use clap::builder::Resettable;
use clap::{CommandFactory, Parser};
use marquee_core::access::{Permission, Principal};
use marquee_core::accounts::{NewKey, create_key};
use marquee_core::adapters::ffmpeg::Ffmpeg;
use marquee_core::adapters::ffprobe::Ffprobe;
use marquee_core::adapters::sandbox::Sandbox;
use marquee_core::app::{App, Parts};
use marquee_core::config::{Config, Settings, Storage};
use marquee_core::hits::RecentHits;
use marquee_core::platform::alerts::{Alerts, Code};
use marquee_core::platform::faults::Faults;
use marquee_core::platform::files::Files;
use marquee_core::platform::jobs::{Kind, Pace, Role};
use marquee_core::platform::{bus, database, jobs, telemetry};
use marquee_core::redirects::queries::Validations;
use marquee_core::{http, worker};
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool};
use time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use url::Url;

use crate::{
    FakeEdgeHealth, FakeEdgeKv, FakeHitQueue, FakeMailTransport, FakeWebhookSender, ManualClock, Posted,
};

/// The whole service but its sockets: requests go into the router, jobs run when told.
///
/// Its methods use a key with every permission; see [`TestApp::api_key`] and [`TestApp::send`] for others.
/// Fails the test when it is dropped while jobs remain, unless [`TestApp::leave_jobs`] was called.
pub struct TestApp {
    pub app: App,
    pub clock: Arc<ManualClock>,
    pub edge_kv: Arc<FakeEdgeKv>,
    pub edge_health: Arc<FakeEdgeHealth>,
    pub hit_queue: Arc<FakeHitQueue>,
    pub webhook_sender: Arc<FakeWebhookSender>,
    pub mail_transport: Arc<FakeMailTransport>,
    /// What the sandbox gateway tells us; a test brings it, see [`TestApp::hear_gateway`].
    pub gateway_sender: Arc<FakeWebhookSender>,
    /// Made once: its OpenAPI document takes longer than most requests.
    router: Router,
    /// Where its files are kept.
    pub folder: tempfile::TempDir,
    token: String,
    jobs_may_remain: AtomicBool,
}

/// What came back, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `Null` when the body is not JSON.
    pub body: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl TestApp {
    /// On a database that `#[sqlx::test(migrator = "marquee_core::MIGRATOR")]` made.
    pub async fn new(db: PgPool) -> Self {
        Self::with(db, |_| {}).await
    }

    /// With parts of the app changed before it starts.
    pub async fn with(db: PgPool, change: impl FnOnce(&mut Parts)) -> Self {
        telemetry::prometheus();
        database::migrate(&db).await.expect("the job queue's schema");
        let (clock, edge_kv, edge_health, hit_queue, webhook_sender, mail_transport) = (
            Arc::<ManualClock>::default(),
            Arc::<FakeEdgeKv>::default(),
            Arc::<FakeEdgeHealth>::default(),
            Arc::<FakeHitQueue>::default(),
            Arc::<FakeWebhookSender>::default(),
            Arc::<FakeMailTransport>::default(),
        );
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config {
            storage: Storage::Folder(folder.path().to_owned()),
            ..local_config()
        };
        let gateway_sender = Arc::<FakeWebhookSender>::default();
        let sandbox = Sandbox::new(
            db.clone(),
            clock.clone(),
            gateway_sender.clone(),
            &config.base_url,
        );
        let mut parts = Parts {
            gateway: Arc::new(sandbox),
            files: Files::new(&config).expect("a folder of its own"),
            config,
            db,
            clock: clock.clone(),
            edge_kv: edge_kv.clone(),
            edge_health: edge_health.clone(),
            hit_queue: hit_queue.clone(),
            traffic: Arc::new(RecentHits),
            validations: Validations::default(),
            webhook_sender: webhook_sender.clone(),
            mail_transport: mail_transport.clone(),
            video_probe: Arc::new(Ffprobe::default()),
            transcoder: Arc::new(Ffmpeg::default()),
            handler: Arc::new(worker::Features),
            pace: Pace::default(),
            faults: Faults::default(),
            alerts: Alerts::default(),
            alert_sinks: vec![],
            stopping: CancellationToken::new(),
            commands: TaskTracker::new(),
        };
        change(&mut parts);
        let app = App::new(parts);
        let token = new_key(&app, &Permission::ALL, None).await;
        Self {
            router: http::router(&app),
            app,
            clock,
            edge_kv,
            edge_health,
            hit_queue,
            webhook_sender,
            mail_transport,
            gateway_sender,
            folder,
            token,
            jobs_may_remain: AtomicBool::new(false),
        }
    }

    /// On a socket as well, which every link that it gives leads to; pages of `origin` may ask it.
    pub async fn served(db: PgPool, origin: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Self::with(db, |parts| {
            parts.config.base_url = format!("http://{address}").parse().unwrap();
            parts.config.cors_origins = vec![origin.to_owned()];
            parts.files = Files::new(&parts.config).unwrap();
        })
        .await;
        let router = app.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        app
    }

    /// Runs jobs of every role until none is due. Those due later wait: move the clock.
    pub async fn run_jobs(&self) -> usize {
        jobs::run_due(&self.app, &Role::ALL).await.expect("jobs run")
    }

    /// Asks for a job, in a transaction of its own.
    pub async fn enqueue(&self, kind: &Kind, payload: Value, key: Option<&str>) {
        let mut tx = self.app.db.begin().await.unwrap();
        bus::enqueue(&mut tx, self.app.now(), kind, payload, key, None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Brings what the sandbox gateway told since the last time through our door; how each was answered.
    pub async fn hear_gateway(&self) -> Vec<StatusCode> {
        let mut answers = Vec::new();
        for posted in self.gateway_sender.take() {
            answers.push(self.bring(&posted).await);
        }
        answers
    }

    /// Brings one message of the sandbox gateway's.
    pub async fn bring(&self, posted: &Posted) -> StatusCode {
        let path = posted.url.split_once("/v1/").expect("a route of ours").1;
        let mut request = self.anonymous(Method::POST, &format!("/v1/{path}"));
        for (name, value) in &posted.headers {
            request = request.header(*name, value);
        }
        self.send(request.body(Body::from(posted.body.clone())).unwrap())
            .await
            .status
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// This test does not care for what is left to be done.
    pub fn leave_jobs(&self) {
        self.jobs_may_remain.store(true, Ordering::Relaxed);
    }

    /// Whether a person was to look at this in the last ten minutes.
    pub fn alerted(&self, code: &str, subject: &str) -> bool {
        let code = Code::parse(code).expect("a code of the catalogue");
        self.app.alerts.is_recent(self.app.now(), code, subject)
    }

    /// A new key's token, as `Authorization: Bearer` takes it.
    pub async fn api_key(&self, permissions: &[Permission]) -> String {
        new_key(&self.app, permissions, None).await
    }

    /// A new key's token that permits this on these brands only.
    pub async fn api_key_on(&self, permissions: &[Permission], brands: &[&str]) -> String {
        new_key(&self.app, permissions, Some(brands)).await
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::DELETE, path, None).await
    }

    /// A request with the full key; `None` sends no body.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.call_as(&self.token, method, path, body).await
    }

    /// A request with any key; `None` sends no body.
    pub async fn call_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let request = self
            .anonymous(method, path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let answer = self.send(request.unwrap()).await;
        (answer.status, answer.body)
    }

    /// A request with the full key, to add headers and a body to.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        self.anonymous(method, path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    /// A request without a key.
    pub fn anonymous(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(path)
    }

    /// On a port of its own, for clients that are no test, until the test ends.
    pub async fn serve(&self) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (app, router) = (self.app.clone(), self.router.clone());
        tokio::spawn(async move { http::serve(&app, listener, router).await });
        format!("http://{address}").parse().unwrap()
    }

    /// Sends any request and reads the whole answer.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Self {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.into(),
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() || self.jobs_may_remain.load(Ordering::Relaxed) {
            return;
        }
        let options = self.app.db.connect_options();
        // Drop cannot await, and the test's runtime is busy dropping us.
        let remaining = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut conn = PgConnection::connect_with(&options).await.unwrap();
                let jobs = sqlx::query_scalar!("select name from platform.job order by id");
                jobs.fetch_all(&mut conn).await.unwrap()
            })
        });
        let remaining = remaining.join().unwrap();
        assert!(
            remaining.is_empty(),
            "jobs remain: {remaining:?} (run_jobs, or leave_jobs)"
        );
    }
}

/// What `MARQUEE_ENV=local` brings.
fn local_config() -> Config {
    config_of(&["--env", "local"])
}

/// What a process is told by these flags, and nothing else.
pub fn config_of(flags: &[&str]) -> Config {
    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        _settings: Settings,
    }
    // Whatever is in the developer's environment must not matter.
    let command = Flags::command().mut_args(|arg| arg.env(Resettable::Reset));
    let matches = command.get_matches_from(std::iter::once("test").chain(flags.iter().copied()));
    Settings::read(&matches).expect("settings that can be worked with")
}

async fn new_key(app: &App, permissions: &[Permission], brands: Option<&[&str]>) -> String {
    let key = NewKey {
        name: "test".to_owned(),
        permissions: permissions.to_vec(),
        brands: brands.map(|brands| brands.iter().map(ToString::to_string).collect()),
        staff_id: None,
        expires_at: None,
    };
    create_key(app, &Principal::operator(), key)
        .await
        .expect("a key")
        .reveal()
}
