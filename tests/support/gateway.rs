use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::anyhow;
use async_trait::async_trait;
use marquee_core::app::App;
use marquee_core::money::Money;
use marquee_core::payments::{Answer, Authorize, Gateway, GatewayError, Listing, Notice, Outside, Seen};
use marquee_core::platform::cron::Schedule;
use marquee_core::platform::jobs::{Attempts, Handler, Job, Kind, Role};
use marquee_core::platform::mail::Template;
use marquee_core::worker::Features;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A gateway that can be cut off: what it is asked then is never heard of, by either side. What it says of a payment can
/// be put into its mouth.
pub struct Gated {
    inside: Arc<dyn Gateway>,
    silent: AtomicBool,
    says: Mutex<HashMap<Uuid, Seen>>,
}

impl Gated {
    pub fn new(inside: Arc<dyn Gateway>) -> Self {
        Self {
            inside,
            silent: AtomicBool::new(false),
            says: Mutex::default(),
        }
    }

    /// From now on, whoever asks after a payment of ours is told this.
    pub fn says(&self, payment: Uuid, seen: Seen) {
        self.says.lock().unwrap().insert(payment, seen);
    }

    pub fn silence(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }

    fn heard(&self) -> Result<(), GatewayError> {
        if self.silent.load(Ordering::Relaxed) {
            return Err(GatewayError::Unknown(anyhow!("the gateway is silent")));
        }
        Ok(())
    }
}

#[async_trait]
impl Gateway for Gated {
    fn name(&self) -> &'static str {
        self.inside.name()
    }

    fn holds_for(&self) -> Duration {
        self.inside.holds_for()
    }

    async fn authorize(&self, key: Uuid, authorize: &Authorize) -> Result<Answer, GatewayError> {
        self.heard()?;
        self.inside.authorize(key, authorize).await
    }

    async fn capture(&self, key: Uuid, reference: &str, amount: Money) -> Result<Answer, GatewayError> {
        self.heard()?;
        self.inside.capture(key, reference, amount).await
    }

    async fn void(&self, key: Uuid, reference: &str) -> Result<Answer, GatewayError> {
        self.heard()?;
        self.inside.void(key, reference).await
    }

    async fn refund(&self, key: Uuid, reference: &str, amount: Money) -> Result<Answer, GatewayError> {
        self.heard()?;
        self.inside.refund(key, reference, amount).await
    }

    async fn fetch(&self, payment: Uuid, reference: Option<&str>) -> Result<Option<Seen>, GatewayError> {
        self.heard()?;
        if let Some(said) = self.says.lock().unwrap().get(&payment) {
            return Ok(Some(said.clone()));
        }
        self.inside.fetch(payment, reference).await
    }

    async fn list(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<Listing, GatewayError> {
        self.heard()?;
        self.inside.list(from, to, after).await
    }

    fn signature_header(&self) -> &'static str {
        self.inside.signature_header()
    }

    fn read(&self, signature: &str, body: &[u8], now: OffsetDateTime) -> Result<Notice, Outside> {
        self.inside.read(signature, body, now)
    }

    async fn act(&self, reference: &str, approve: bool) -> anyhow::Result<bool> {
        self.inside.act(reference, approve).await
    }

    async fn tend(&self) -> anyhow::Result<()> {
        self.inside.tend().await
    }

    async fn check(&self) -> anyhow::Result<String> {
        self.inside.check().await
    }
}

/// Hears every event of one feature besides whoever hears it anyway.
pub struct Listener {
    prefix: &'static str,
    heard: Mutex<Vec<Value>>,
}

const HEAR: &[Kind] = &[Kind {
    name: "tests.hear",
    role: Role::Default,
    attempts: Attempts::Limited(1),
}];

impl Listener {
    /// `payments.`
    pub fn of(prefix: &'static str) -> Self {
        Self {
            prefix,
            heard: Mutex::default(),
        }
    }

    /// What was told since this was last asked: names and data.
    pub fn heard(&self) -> Vec<(String, Value)> {
        let mut heard = std::mem::take(&mut *self.heard.lock().unwrap());
        let event = |event: Value| (event["event"].as_str().unwrap().to_owned(), event["data"].clone());
        heard.drain(..).map(event).collect()
    }
}

#[async_trait]
impl Handler for Listener {
    async fn run(&self, app: &App, job: &Job) -> anyhow::Result<()> {
        if job.name == HEAR[0].name {
            self.heard.lock().unwrap().push(job.payload.clone());
            return Ok(());
        }
        Features.run(app, job).await
    }

    fn subscribers(&self, event: &str) -> &[Kind] {
        if event.starts_with(self.prefix) {
            HEAR
        } else {
            Features.subscribers(event)
        }
    }

    fn schedules(&self) -> &[Schedule] {
        Features.schedules()
    }

    fn templates(&self) -> &[&'static Template] {
        Features.templates()
    }
}
