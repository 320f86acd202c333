use clap::Subcommand;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{Spinner, Wait, instant, parse_time, show, show_one, told};
use crate::cli::table::Table;
use crate::platform::paging::Page;
use crate::redirects::commands::{self, Ask, Audience, What};
use crate::redirects::queries::{self, RequestStatus, RequestView};

/// What waits for another person's approval, or for its time.
#[derive(Subcommand)]
pub(in crate::cli) enum Requests {
    /// Ask for the draft, or a revision, to go live: once approved, at a set time, or both
    Ask {
        brand: String,
        /// A frozen revision; the draft unless given, which is frozen now
        #[arg(long)]
        revision: Option<i32>,
        /// For so many of the visitors, as a canary: 1 to 99; for everybody unless given
        #[arg(long)]
        percent: Option<i16>,
        /// When it is to go live, such as 2026-12-01T06:00:00Z; as soon as it is approved unless given
        #[arg(long, value_parser = parse_time)]
        at: Option<OffsetDateTime>,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
    },
    /// What was asked for, the newest first
    List {
        brand: String,
        #[arg(long, value_enum)]
        status: Option<RequestStatus>,
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// What was asked for, and what became of it
    Show { brand: String, id: Uuid },
    /// Let through what somebody else asked for; not for whoever edited the draft last
    Approve {
        brand: String,
        id: Uuid,
        #[command(flatten)]
        wait: Wait,
    },
    /// Refuse what somebody asked for, for good
    Reject {
        brand: String,
        id: Uuid,
        /// Why, for people to read
        #[arg(long)]
        reason: String,
    },
    /// Take back what waits, for good
    Cancel { brand: String, id: Uuid },
}

impl Requests {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::Ask {
                brand,
                revision,
                percent,
                at,
                note,
            } => {
                let ask = Ask {
                    what: revision.map_or(What::Draft { seen: None }, What::Revision),
                    audience: percent.map_or(Audience::Everybody, Audience::Some),
                    note,
                    run_at: at,
                };
                let spinner = Spinner::start("compiling and comparing with what is live");
                let id = commands::request(app, &operator, &brand, ask).await;
                drop(spinner);
                told_one(app, &brand, id.map_err(told)?, json).await?;
            }
            Self::List { brand, status, limit } => {
                let page = Page::new(None, Some(limit))?;
                let list = queries::requests(app, &brand, status, page).await?;
                show(&list, &table(&list.items), json, "nothing was asked for")?;
            }
            Self::Show { brand, id } => {
                let request = queries::request(app, &brand, id).await?;
                show(&request, &table(std::slice::from_ref(&request)), json, "")?;
            }
            Self::Approve { brand, id, wait } => {
                let spinner = Spinner::start("comparing with what is live");
                let approved = commands::approve(app, &operator, &brand, id).await;
                drop(spinner);
                match approved.map_err(told)? {
                    Some(published) => wait.report(app, &brand, published, json).await?,
                    None => told_one(app, &brand, id, json).await?,
                }
            }
            Self::Reject { brand, id, reason } => {
                commands::reject(app, &operator, &brand, id, &reason).await?;
                told_one(app, &brand, id, json).await?;
            }
            Self::Cancel { brand, id } => {
                commands::cancel(app, &operator, &brand, id).await?;
                told_one(app, &brand, id, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn told_one(app: &App, brand: &str, id: Uuid, json: bool) -> anyhow::Result<()> {
    let request = queries::request(app, brand, id).await?;
    let RequestView { revision, status, .. } = &request;
    let what = match status {
        RequestStatus::Pending => "waits for another person's approval".to_owned(),
        RequestStatus::Scheduled => format!("goes live at {}", time(request.run_at)),
        status => format!("is {}", status.name()),
    };
    let reasons = request.reasons.iter();
    let reasons: String = reasons.map(|reason| format!("\n  {}", reason.detail)).collect();
    let sentence = format!("{brand}: request {id} for revision {revision} {what}{reasons}");
    show_one(&request, json, &sentence)
}

fn table(requests: &[RequestView]) -> Table {
    let mut table = Table::new(&[
        "request",
        "status",
        "action",
        "revision",
        "percent",
        "run at",
        "asked by",
        "decided by",
        "note",
        "error",
    ]);
    for request in requests {
        let text = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
        table.row([
            request.id.to_string(),
            request.status.name().to_owned(),
            request.action.clone(),
            request.revision.to_string(),
            text(request.percent.map(|percent| percent.to_string())),
            time(request.run_at),
            request.requested_by.clone(),
            text(request.decided_by.clone()),
            request.note.clone(),
            text(request.error.clone().or_else(|| request.decision.clone())),
        ]);
    }
    table
}

fn time(at: Option<OffsetDateTime>) -> String {
    at.map_or_else(|| "–".to_owned(), instant)
}
