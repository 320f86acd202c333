use std::time::Duration;

use anyhow::bail;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::Outcome;
use super::output::{Spinner, instant, more, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::platform::alerts::queries::{self, AlertView, Filter};
use crate::platform::alerts::{self, Code, Error, RUNBOOKS, Severity};
use crate::platform::paging::Page;

/// How often it is looked whether a test has arrived.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Subcommand)]
pub(super) enum Alerts {
    /// What a person should look at, the newest first; those that nobody has acknowledged
    List {
        /// Those that somebody has acknowledged, too
        #[arg(long)]
        all: bool,
        /// Such as jobs.dead
        #[arg(long)]
        code: Option<String>,
        #[arg(long, value_enum)]
        severity: Option<Severity>,
        /// At most 100
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Everything about one alert, and where it was told
    Show { id: Uuid },
    /// Say that somebody looks after an alert: nobody is told of it any more
    Acknowledge { id: Uuid },
    /// What an alert means, and what to do about it; without a code, which ones there are
    Explain {
        /// Such as jobs.dead
        code: Option<String>,
    },
    /// Raise one that is none, and wait until it has arrived; a worker must be running
    Test {
        /// How many seconds to wait at most
        #[arg(long, default_value_t = 30, value_name = "SECONDS")]
        wait_limit: u64,
    },
}

impl Alerts {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::List {
                all,
                code,
                severity,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), Some(limit))?;
                let filter = Filter {
                    code,
                    severity,
                    open: (!all).then_some(true),
                };
                list(app, &filter, page, json).await?;
            }
            Self::Show { id } => {
                let alert = find(app, id).await?;
                show_one(&alert, json, &told(&alert))?;
            }
            Self::Acknowledge { id } => {
                alerts::acknowledge(app, &Principal::operator(), id).await?;
                let alert = find(app, id).await?;
                let sentence = format!("{} about {} is acknowledged", alert.code, alert.subject);
                show_one(&alert, json, &sentence)?;
            }
            Self::Explain { code: None } => catalogue(json)?,
            Self::Explain { code: Some(code) } => explain(&code, json)?,
            Self::Test { wait_limit } => return test(app, Duration::from_secs(wait_limit), json).await,
        }
        Ok(Outcome::Done)
    }
}

async fn list(app: &App, filter: &Filter, page: Page, json: bool) -> anyhow::Result<()> {
    let list = queries::list(app, filter, page).await?;
    let mut table = Table::new(&["alert", "severity", "code", "subject", "times", "last", "detail"]);
    for alert in &list.items {
        table.row([
            alert.id.to_string(),
            alert.severity.name().to_owned(),
            alert.code.clone(),
            alert.subject.clone(),
            alert.count.to_string(),
            instant(alert.last_at),
            alert.detail.clone(),
        ]);
    }
    show(&list, &table, json, "nothing to look at")?;
    more(list.next_cursor.as_deref(), json)?;
    Ok(())
}

async fn find(app: &App, id: Uuid) -> anyhow::Result<AlertView> {
    Ok(queries::find(app, id).await?.ok_or(Error::Unknown)?)
}

fn told(alert: &AlertView) -> String {
    let mut lines = vec![
        format!(
            "{} ({}) about {}",
            alert.code,
            alert.severity.name(),
            alert.subject
        ),
        alert.detail.clone(),
        format!(
            "{} times, from {} to {}",
            alert.count,
            instant(alert.first_at),
            instant(alert.last_at)
        ),
    ];
    lines.extend(alert.about.iter().map(|(what, id)| format!("{what} {id}")));
    lines.extend(alert.told.iter().map(|told| {
        let place = &told.place;
        match (told.at, &told.error) {
            (_, Some(error)) => format!("{place} cannot be told: {error}"),
            (Some(at), None) => format!("{place} was told of {} at {}", told.count, instant(at)),
            (None, None) => format!("{place} is not told yet"),
        }
    }));
    lines.push(match (&alert.acknowledged_by, alert.acknowledged_at) {
        (Some(by), Some(at)) => format!("acknowledged by {by} at {}", instant(at)),
        _ => format!(
            "nobody has acknowledged it; see `marquee alerts explain {}`",
            alert.code
        ),
    });
    lines.join("\n")
}

#[derive(Serialize)]
struct Entry {
    code: &'static str,
    severity: Severity,
    title: &'static str,
}

fn catalogue(json: bool) -> anyhow::Result<()> {
    let entry = |code: &Code| Entry {
        code: code.name(),
        severity: code.severity(),
        title: code.title(),
    };
    let entries: Vec<Entry> = Code::ALL.iter().map(entry).collect();
    let mut table = Table::new(&["code", "severity", "what is so"]);
    for entry in &entries {
        table.row([entry.code, entry.severity.name(), entry.title].map(ToOwned::to_owned));
    }
    show(&entries, &table, json, "")
}

fn explain(name: &str, json: bool) -> anyhow::Result<()> {
    let Some(code) = Code::parse(name) else {
        bail!("there is no alert {name}: see `marquee alerts explain`");
    };
    let runbook = runbook(code);
    let view =
        json!({ "code": name, "severity": code.severity(), "title": code.title(), "runbook": runbook });
    let sentence = format!(
        "{name} ({}): {}\n\n{runbook}",
        code.severity().name(),
        code.title()
    );
    show_one(&view, json, &sentence)
}

/// Its section of `docs/alerts.md`, without the heading.
fn runbook(code: Code) -> &'static str {
    let heading = format!("\n## {code}\n");
    let section = RUNBOOKS
        .split_once(heading.as_str())
        .map_or("", |(_, after)| after);
    section.split("\n## ").next().unwrap_or_default().trim()
}

async fn test(app: &App, wait_limit: Duration, json: bool) -> anyhow::Result<Outcome> {
    let id = alerts::send_test(app, &Principal::operator()).await?;
    let places: Vec<&str> = app.alert_sinks.iter().map(|sink| sink.name()).collect();
    if places.is_empty() {
        let sentence = "it is kept, and nobody is told: set MARQUEE_TELEGRAM_BOT_TOKEN and MARQUEE_TELEGRAM_CHAT, or \
                        MARQUEE_SENTRY_DSN";
        show_one(&find(app, id).await?, json, sentence)?;
        return Ok(Outcome::Findings);
    }
    let spinner = Spinner::start(format!("waiting until {} know", places.join(" and ")));
    let arrived = tokio::time::timeout(wait_limit, async {
        loop {
            let alert = find(app, id).await?;
            let knows = |place: &&str| {
                alert
                    .told
                    .iter()
                    .any(|told| told.place == **place && told.count > 0)
            };
            if places.iter().all(knows) {
                return anyhow::Ok(alert);
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    let arrived = arrived.await;
    drop(spinner);
    let Ok(alert) = arrived else {
        let alert = find(app, id).await?;
        let failing = alert
            .told
            .iter()
            .find_map(|told| told.error.as_ref().map(|error| (&told.place, error)));
        match failing {
            Some((place, error)) => bail!("{place} cannot be told: {error}"),
            None => bail!(
                "nobody was told within {} s: is a worker running (`marquee work`)?",
                wait_limit.as_secs()
            ),
        }
    };
    let alert = alert?;
    alerts::acknowledge(app, &Principal::operator(), id).await?;
    show_one(&alert, json, &format!("{} know", places.join(" and ")))?;
    Ok(Outcome::Done)
}
