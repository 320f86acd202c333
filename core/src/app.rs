//! The composition root: everything a command or a query needs, put together in one place.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use sqlx::PgPool;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::adapters;
use crate::config::{Config, GatewayChoice, MailTo};
use crate::hits::{HitQueue, RecentHits};
use crate::payments::Gateway;
use crate::platform::alerts::{self, Alert, AlertSink, Alerts};
use crate::platform::clock::{Clock, SteadyClock, SystemClock};
use crate::platform::database;
use crate::platform::faults::Faults;
use crate::platform::files::Files;
use crate::platform::jobs::{Handler, Pace};
use crate::platform::mail::MailTransport;
use crate::platform::telemetry::Traces;
use crate::redirects::queries::Validations;
use crate::redirects::{EdgeHealth, EdgeKv, Traffic};
use crate::videos::{Transcoder, VideoProbe};
use crate::webhooks::WebhookSender;
use crate::worker;

/// A cheap handle on the [`Parts`], which it shows as its own fields: `app.db`, `app.config`.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub config: Config,
    pub db: PgPool,
    pub clock: Arc<dyn Clock>,
    pub edge_kv: Arc<dyn EdgeKv>,
    pub edge_health: Arc<dyn EdgeHealth>,
    pub hit_queue: Arc<dyn HitQueue>,
    /// What visitors have done lately.
    pub traffic: Arc<dyn Traffic>,
    /// Of rules, made lately.
    pub validations: Validations,
    pub webhook_sender: Arc<dyn WebhookSender>,
    pub mail_transport: Arc<dyn MailTransport>,
    /// Takes customers' money.
    pub gateway: Arc<dyn Gateway>,
    /// Pictures and videos.
    pub files: Files,
    pub video_probe: Arc<dyn VideoProbe>,
    pub transcoder: Arc<dyn Transcoder>,
    /// Does the jobs.
    pub handler: Arc<dyn Handler>,
    pub pace: Pace,
    pub faults: Faults,
    pub alerts: Alerts,
    /// Where people hear of alerts, besides the log.
    pub alert_sinks: Vec<Arc<dyn AlertSink>>,
    /// Cancelled when the process is asked to stop: take no new work.
    pub stopping: CancellationToken,
    /// Commands that run to their end whatever becomes of the request; awaited before the process ends.
    pub commands: TaskTracker,
}

impl App {
    /// From parts of one's own: what tests do.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// With the adapters to the systems we do not run. Talks to none of them yet.
    pub async fn connect(config: Config) -> anyhow::Result<Self> {
        let db = database::pool(&config.database_url, config.pool_size)?;
        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::over(Arc::new(SystemClock)));
        Ok(Self::new(Parts {
            gateway: gateway(&config, &db, &clock)?,
            db,
            clock,
            edge_kv: Arc::new(adapters::workers_kv::WorkersKv::new(&config.kv)?),
            edge_health: Arc::new(adapters::edge_health::Healthz::new(&config.edge_urls)?),
            hit_queue: Arc::new(adapters::sqs::Sqs::connect(&config.sqs).await),
            traffic: Arc::new(RecentHits),
            validations: Validations::default(),
            webhook_sender: Arc::new(adapters::webhook_post::WebhookPost::new(
                config.webhooks_to_private,
            )?),
            mail_transport: mail_transport(&config)?,
            files: Files::new(&config)?,
            video_probe: Arc::new(adapters::ffprobe::Ffprobe::default()),
            transcoder: Arc::new(adapters::ffmpeg::Ffmpeg::default()),
            handler: Arc::new(worker::Features),
            pace: Pace::default(),
            faults: Faults::new(config.fault.clone()),
            alerts: Alerts::default(),
            alert_sinks: alert_sinks(&config)?,
            stopping: CancellationToken::new(),
            commands: TaskTracker::new(),
            config,
        }))
    }

    /// The time, to the microsecond. The only clock.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Tells a person, unless the same was told a moment ago. Waits for nothing: it is kept, and told, by and by.
    pub fn alert(&self, alert: &Alert<'_>) {
        self.alerts.raise(self.now(), alert);
        alerts::keep(self);
    }

    /// Until what goes on beside requests and jobs has ended: commands whose client has left, alerts that are being kept.
    pub async fn settled(&self) {
        self.commands.close();
        self.commands.wait().await;
        self.commands.reopen();
    }
}

/// Where traces go, if anybody wants them. What logs is started before the rest.
pub fn traces(config: &Config) -> anyhow::Result<Option<Traces>> {
    let settings = config.traces.as_ref();
    settings
        .map(|settings| adapters::otlp::traces(settings, &config.env))
        .transpose()
}

fn alert_sinks(config: &Config) -> anyhow::Result<Vec<Arc<dyn AlertSink>>> {
    let mut sinks: Vec<Arc<dyn AlertSink>> = vec![];
    if let Some(telegram) = &config.alerts.telegram {
        sinks.push(Arc::new(adapters::telegram::Telegram::new(
            telegram,
            &config.env,
        )?));
    }
    if let Some(dsn) = &config.alerts.sentry {
        sinks.push(Arc::new(adapters::sentry::Sentry::new(dsn, &config.env)?));
    }
    Ok(sinks)
}

fn mail_transport(config: &Config) -> anyhow::Result<Arc<dyn MailTransport>> {
    Ok(match &config.mail.to {
        MailTo::Smtp(url) => {
            let host = config.base_url.host_str().unwrap_or("localhost");
            Arc::new(adapters::smtp::Smtp::new(url, host)?)
        }
        MailTo::Files(folder) => Arc::new(adapters::mail_files::MailFiles::new(folder)),
    })
}

fn gateway(config: &Config, db: &PgPool, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Gateway>> {
    Ok(match &config.gateway {
        GatewayChoice::Stripe(settings) => {
            let return_url = config.page("paid");
            Arc::new(adapters::stripe::Stripe::new(settings, return_url)?)
        }
        GatewayChoice::None => Arc::new(adapters::no_gateway::NoGateway),
        GatewayChoice::Sandbox => {
            // Its news go to our own address, wherever that is.
            let sender = Arc::new(adapters::webhook_post::WebhookPost::new(true)?);
            Arc::new(adapters::sandbox::Sandbox::new(
                db.clone(),
                Arc::clone(clock),
                sender,
                &config.base_url,
            ))
        }
    })
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("env", &self.config.env)
            .finish_non_exhaustive()
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
