use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::platform::paging::Page;
use crate::webhooks::queries::{self, DeliveryLog};
use crate::webhooks::{self, Changes, Created, NewEndpoint};

#[derive(Subcommand)]
pub(super) enum Webhooks {
    /// Who is told what happens to a brand
    List { brand: String },
    /// Tell an address what happens to a brand; its secret is shown once
    Create {
        brand: String,
        /// https, on a host with public addresses
        url: String,
        /// Which events, separated by commas; all of them unless given
        #[arg(long, value_delimiter = ',')]
        events: Vec<String>,
        /// What it is, for people to read
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Turn an endpoint on again, or off
    Enable {
        brand: String,
        endpoint: Uuid,
        #[arg(long)]
        off: bool,
    },
    /// Remove an endpoint, with the log of its deliveries
    Remove { brand: String, endpoint: Uuid },
    /// Sign with another secret, shown once; for a day the old one signs as well
    Rotate { brand: String, endpoint: Uuid },
    /// Send `webhook.test`
    Test { brand: String, endpoint: Uuid },
    /// What was sent to an endpoint, the newest first; one delivery with every attempt
    Deliveries {
        brand: String,
        endpoint: Uuid,
        /// Only this one, with what was sent
        delivery: Option<Uuid>,
        /// `pending`, `delivered` or `failed`
        #[arg(long, value_parser = ["pending", "delivered", "failed"])]
        status: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Try a delivery once more, now
    Retry {
        brand: String,
        endpoint: Uuid,
        delivery: Uuid,
    },
}

impl Webhooks {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::List { brand } => list(app, &brand, json).await?,
            Self::Create {
                brand,
                url,
                events,
                note,
            } => {
                let endpoint = NewEndpoint { url, events, note };
                let created = webhooks::create_endpoint(app, &operator, &brand, endpoint).await?;
                secret(&created, json)?;
            }
            Self::Enable { brand, endpoint, off } => {
                let changes = Changes {
                    enabled: Some(!off),
                    ..Changes::default()
                };
                webhooks::change_endpoint(app, &operator, &brand, endpoint, changes).await?;
                let view = queries::endpoint(app, &brand, endpoint).await?;
                let state = if off { "off" } else { "on" };
                show_one(&view, json, &format!("{endpoint} is {state}"))?;
            }
            Self::Remove { brand, endpoint } => {
                webhooks::remove_endpoint(app, &operator, &brand, endpoint).await?;
                show_one(
                    &json!({ "removed": endpoint }),
                    json,
                    &format!("{endpoint} is removed"),
                )?;
            }
            Self::Rotate { brand, endpoint } => {
                secret(
                    &webhooks::rotate_secret(app, &operator, &brand, endpoint).await?,
                    json,
                )?;
            }
            Self::Test { brand, endpoint } => {
                let delivery = webhooks::send_test(app, &operator, &brand, endpoint).await?;
                let sentence = format!("delivery {delivery} is on its way; a worker must be running");
                show_one(&json!({ "delivery": delivery }), json, &sentence)?;
            }
            Self::Deliveries {
                brand,
                endpoint,
                delivery: Some(delivery),
                ..
            } => {
                let log = queries::delivery(app, &brand, endpoint, delivery).await?;
                show_one(&log, json, told(&log).trim_end())?;
            }
            Self::Deliveries {
                brand,
                endpoint,
                delivery: None,
                status,
                limit,
            } => {
                let page = Page::new(None, Some(limit))?;
                let list = queries::deliveries(app, &brand, endpoint, status.as_deref(), page).await?;
                let mut table =
                    Table::new(&["delivery", "event", "made", "status", "attempts", "last answer"]);
                for delivery in &list.items {
                    table.row([
                        delivery.id.to_string(),
                        delivery.event.clone(),
                        instant(delivery.created_at),
                        delivery.status.clone(),
                        delivery.attempts.to_string(),
                        answer(delivery.status_code, delivery.error.as_deref()),
                    ]);
                }
                show(&list, &table, json, "nothing was sent yet")?;
            }
            Self::Retry {
                brand,
                endpoint,
                delivery,
            } => {
                webhooks::resend(app, &brand, endpoint, delivery).await?;
                let sentence = format!("delivery {delivery} is on its way; a worker must be running");
                show_one(&json!({ "delivery": delivery }), json, &sentence)?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn secret(created: &Created, json: bool) -> anyhow::Result<()> {
    let view = json!({ "endpoint": created.id, "secret": created.secret });
    show_one(&view, json, &format!("{}\n{}", created.id, created.secret))
}

async fn list(app: &App, brand: &str, json: bool) -> anyhow::Result<()> {
    let list = queries::endpoints(app, brand, Page::new(None, Some(Page::MAX_LIMIT))?).await?;
    let mut table = Table::new(&["endpoint", "url", "events", "status"]);
    for endpoint in &list.items {
        let status = match (&endpoint.disabled_by, endpoint.failing_since) {
            (Some(by), _) => format!("off ({by})"),
            (None, Some(since)) => format!("failing since {}", instant(since)),
            (None, None) => "on".to_owned(),
        };
        let events = if endpoint.events.is_empty() {
            "all".to_owned()
        } else {
            endpoint.events.join(",")
        };
        table.row([endpoint.id.to_string(), endpoint.url.clone(), events, status]);
    }
    show(&list, &table, json, "nobody is told")
}

fn told(log: &DeliveryLog) -> String {
    let mut table = Table::new(&["attempt", "at", "answer", "ms"]);
    for attempt in &log.log {
        table.row([
            attempt.number.to_string(),
            instant(attempt.at),
            answer(attempt.status_code, attempt.error.as_deref()),
            attempt.latency_ms.to_string(),
        ]);
    }
    format!(
        "{}: {}\n{}\n{}",
        log.delivery.event,
        log.delivery.status,
        log.body,
        table.render()
    )
}

fn answer(status_code: Option<i16>, error: Option<&str>) -> String {
    match (status_code, error) {
        (Some(status), _) => status.to_string(),
        (None, Some(error)) => error.to_owned(),
        (None, None) => String::new(),
    }
}
