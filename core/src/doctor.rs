//! Whether everything that this process needs is there, and what to do where it is not.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;

use crate::app::App;
use crate::hits::Depth;
use crate::payments;
use crate::platform::{clock, database, jobs, mail};
use crate::redirects::EdgeReport;
use crate::{accounts, redirects};

/// How long one thing may take to answer.
const WITHIN: Duration = Duration::from_secs(5);
/// A clock further from Postgres's than this makes leases and schedules wrong.
const SKEW: time::Duration = time::Duration::seconds(5);

/// One thing looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub fine: bool,
    /// What was seen, or what is wrong.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<&'static str>,
}

/// Looks at everything, one after another; never fails itself.
pub async fn examine(app: &App) -> Vec<Check> {
    let mut checks = vec![
        Check {
            name: "environment",
            fine: true,
            detail: environment(app),
            remedy: None,
        },
        check(
            "database",
            database(app),
            "start Postgres or correct DATABASE_URL",
        )
        .await,
        check("migrations", migrations(app), "run `marquee migrate`").await,
        check("clock", clock(app), "synchronise this machine's clock").await,
        check(
            "edge KV",
            edge_kv(app),
            "correct CLOUDFLARE_API_URL, the token, account or namespace",
        )
        .await,
        check(
            "edge health",
            edge_health(app),
            "see `marquee rules status`; deploy the Worker, or correct MARQUEE_EDGE_URL",
        )
        .await,
        check(
            "publishing",
            publishing(app),
            "see `marquee rules status`; is a worker running? After a restore: `marquee rules take-over`",
        )
        .await,
        check(
            "grants",
            grants(app),
            "make the brand, or correct its code: `marquee staff grant`; a key is revoked and made anew",
        )
        .await,
        check("jobs", dead_jobs(app), "see `marquee jobs list --status dead`").await,
        check(
            "mail",
            app.mail_transport.check(),
            "correct SMTP_URL, or let this process write below MARQUEE_MAIL_DIR",
        )
        .await,
        check(
            "files",
            app.files.check(),
            "correct STORAGE_URL, and let these credentials put, get and delete objects there",
        )
        .await,
        check("gateway", app.gateway.check(), "correct GATEWAY and what belongs to it").await,
        check(
            "held payments",
            held_payments(app),
            "see `marquee payments list --held`: what the gateway says does not add up",
        )
        .await,
        check(
            "video probe",
            app.video_probe.check(),
            "install ffmpeg (Debian: `apt-get install --no-install-recommends ffmpeg`) where `marquee work` does the role media",
        )
        .await,
        check(
            "transcoder",
            app.transcoder.check(),
            "install ffmpeg with libx264 where `marquee work` does the role transcode",
        )
        .await,
        check(
            "dead mails",
            dead_mails(app),
            "see `marquee mail list --status dead`",
        )
        .await,
    ];
    checks.extend(hit_queue(app).await);
    checks.extend(alerts(app).await);
    checks
}

/// Whether people would hear of alerts, for each place that is configured. Nobody hears of this.
async fn alerts(app: &App) -> Vec<Check> {
    if app.alert_sinks.is_empty() {
        return vec![Check {
            name: "alerts",
            fine: true,
            detail: "are logged and kept; neither Telegram nor Sentry is configured".to_owned(),
            remedy: None,
        }];
    }
    let mut checks = Vec::new();
    for sink in &app.alert_sinks {
        let remedy = match sink.name() {
            "telegram" => {
                "correct MARQUEE_TELEGRAM_BOT_TOKEN (from @BotFather) and MARQUEE_TELEGRAM_CHAT, add the bot to the chat, and \
                 let this process reach MARQUEE_TELEGRAM_URL; then try `marquee alerts test`"
            }
            _ => {
                "copy MARQUEE_SENTRY_DSN anew from the project's settings (Client Keys), and let this process reach that \
                 host; then try `marquee alerts test`"
            }
        };
        checks.push(check(sink.name(), sink.check(), remedy).await);
    }
    checks
}

async fn check(
    name: &'static str,
    look: impl Future<Output = anyhow::Result<String>>,
    remedy: &'static str,
) -> Check {
    match tokio::time::timeout(WITHIN, look).await {
        Ok(Ok(detail)) => Check {
            name,
            fine: true,
            detail,
            remedy: None,
        },
        Ok(Err(error)) => Check {
            name,
            fine: false,
            detail: format!("{error:#}"),
            remedy: Some(remedy),
        },
        Err(_) => {
            let detail = format!("no answer within {} seconds", WITHIN.as_secs());
            Check {
                name,
                fine: false,
                detail,
                remedy: Some(remedy),
            }
        }
    }
}

fn environment(app: &App) -> String {
    let keys: Vec<&str> = app
        .config
        .signing_keys
        .as_slice()
        .iter()
        .map(|(id, _)| id.as_str())
        .collect();
    format!("{}, signing with {}", app.config.env, keys.join(" and "))
}

async fn database(app: &App) -> anyhow::Result<String> {
    Ok(format!("Postgres {}", database::version(&app.db).await?))
}

async fn migrations(app: &App) -> anyhow::Result<String> {
    database::check_migrated(&app.db).await?;
    Ok("up to date".to_owned())
}

async fn clock(app: &App) -> anyhow::Result<String> {
    let skew = clock::skew(app).await?.abs();
    anyhow::ensure!(
        skew < SKEW,
        "differs from Postgres's by {:.1} s",
        skew.as_seconds_f64()
    );
    Ok(format!(
        "within {} ms of Postgres's",
        skew.whole_milliseconds().max(1)
    ))
}

async fn edge_kv(app: &App) -> anyhow::Result<String> {
    Ok(match redirects::queries::edge_sequence(app).await? {
        Some(sequence) => format!("holds sequence {sequence}"),
        None => "answers, and holds no manifest of ours".to_owned(),
    })
}

/// What the Worker itself says, at every address that we were told.
async fn edge_health(app: &App) -> anyhow::Result<String> {
    let reports = app.edge_health.look(None).await;
    let told = |report: &EdgeReport| {
        let why = report
            .error
            .as_deref()
            .map_or(String::new(), |error| format!(": {error}"));
        format!("{} is {}{why}", report.url, report.status)
    };
    let told: Vec<String> = reports.iter().map(told).collect();
    anyhow::ensure!(
        reports.iter().all(|report| report.status == "ok"),
        "{}",
        told.join("; ")
    );
    Ok(if told.is_empty() {
        "no address of the Worker is configured".to_owned()
    } else {
        told.join("; ")
    })
}

async fn publishing(app: &App) -> anyhow::Result<String> {
    let (ours, edge) = (
        redirects::queries::publishing(app).await?.sequence,
        i64::try_from(redirects::queries::edge_sequence(app).await?.unwrap_or(0))?,
    );
    anyhow::ensure!(
        ours == edge,
        "the database is at sequence {ours}, the edge at {edge}"
    );
    Ok(format!("the database and the edge are at sequence {ours}"))
}

/// Grants may come before their brand, so only here a code that was mistyped is told.
async fn grants(app: &App) -> anyhow::Result<String> {
    let mut conn = app.db.acquire().await?;
    let granted = accounts::granted_brands(&mut conn).await?;
    let unknown = redirects::queries::unknown_brands(&mut conn, &granted).await?;
    anyhow::ensure!(
        unknown.is_empty(),
        "somebody may do something on brands that do not exist: {}",
        unknown.join(", ")
    );
    Ok("all are on brands that exist".to_owned())
}

/// The queue itself and, where it answers and has one, its dead-letter queue.
async fn hit_queue(app: &App) -> Vec<Check> {
    let mut dead = None;
    let look = async {
        let depth = app.hit_queue.depth().await?;
        dead = depth.dead;
        let lacks = if dead.is_none() {
            ", without a dead-letter queue"
        } else {
            ""
        };
        let Depth {
            waiting, in_flight, ..
        } = depth;
        Ok(format!("{waiting} messages wait, {in_flight} are in hand{lacks}"))
    };
    let queue = check(
        "hit queue",
        look,
        "correct SQS_QUEUE_URL and SQS_ENDPOINT_URL, or let the AWS credentials read the attributes of the queue \
         and of its dead-letter queue",
    );
    let mut checks = vec![queue.await];
    if let Some(dead) = dead {
        checks.push(Check {
            name: "dead letters",
            fine: dead == 0,
            detail: format!("{dead} messages were given up"),
            remedy: (dead > 0).then_some(
                "see in the log of `marquee work --roles ingest` why, mend it, then redrive the dead-letter queue",
            ),
        });
    }
    checks
}

async fn dead_jobs(app: &App) -> anyhow::Result<String> {
    let dead = jobs::count_dead(&app.db).await?;
    anyhow::ensure!(dead == 0, "{dead} are dead");
    Ok("none are dead".to_owned())
}

async fn held_payments(app: &App) -> anyhow::Result<String> {
    let held = payments::queries::count_held(&app.db).await?;
    anyhow::ensure!(held == 0, "{held} wait for somebody to look at them");
    Ok("none are held".to_owned())
}

async fn dead_mails(app: &App) -> anyhow::Result<String> {
    let dead = mail::queries::count_dead(&app.db).await?;
    anyhow::ensure!(dead == 0, "{dead} were given up");
    Ok("none were given up".to_owned())
}
