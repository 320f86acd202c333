use std::time::Duration;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::platform::paging::Page;
use crate::videos::queries::{self, Filter, MakingView, UploadView};
use crate::videos::{self, Error, Status};

const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

#[derive(Subcommand)]
pub(super) enum Uploads {
    /// Videos that people send and what became of them, newest first
    List {
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// The id of a person
        #[arg(long)]
        owner: Option<Uuid>,
        /// At most 100
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Everything about one upload
    Show {
        id: Uuid,
        /// Wait until nothing changes any more, and show how far what is made of it is
        #[arg(long)]
        watch: bool,
    },
    /// Give up what somebody sends: what there is of it is removed
    Abort { id: Uuid },
}

impl Uploads {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let mut conn = app.db.acquire().await?;
        match self {
            Self::List {
                status,
                owner,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), Some(limit))?;
                let filter = Filter {
                    id: None,
                    status,
                    owner,
                };
                let uploads = queries::list(&mut conn, &filter, page).await?;
                let mut table = Table::new(&["id", "purpose", "bytes", "there", "status", "reason", "sent"]);
                for upload in &uploads.items {
                    table.row([
                        upload.id.to_string(),
                        upload.purpose.clone(),
                        upload.size_bytes.to_string(),
                        format!("{} %", upload.received_percent),
                        upload.status.name().to_owned(),
                        upload
                            .reason
                            .as_ref()
                            .map_or(String::new(), |reason| reason.code.clone()),
                        upload.received_at.map_or("never".to_owned(), instant),
                    ]);
                }
                show(&uploads, &table, json, "no uploads")?;
                more(uploads.next_cursor.as_deref(), json)?;
            }
            Self::Show { id, watch } => {
                let mut upload = queries::find(&mut conn, id).await?.ok_or(Error::Unknown)?;
                if watch {
                    drop(conn);
                    upload = watched(app, upload).await?;
                }
                show_one(&upload, json, &told(&upload))?;
            }
            Self::Abort { id } => {
                drop(conn);
                videos::abort_anybodys(app, &Principal::operator(), id).await?;
                let upload = queries::find(&mut *app.db.acquire().await?, id).await?;
                let upload = upload.ok_or(Error::Unknown)?;
                show_one(&upload, json, &told(&upload))?;
            }
        }
        Ok(Outcome::Done)
    }
}

/// Nothing is drawn where there is no terminal.
pub(super) async fn watched(app: &App, mut upload: UploadView) -> anyhow::Result<UploadView> {
    let bar = ProgressBar::new(100);
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:30}] {percent:>3}% {msg} ({elapsed})") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    while !upload.is_over() {
        bar.set_message(upload.status.name());
        if let Some(making) = &upload.making {
            bar.set_position(making.percent as u64);
            bar.set_message(made(making));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let seen = queries::find(&mut *app.db.acquire().await?, upload.id).await?;
        upload = seen.ok_or(Error::Unknown)?;
    }
    bar.finish_and_clear();
    Ok(upload)
}

/// `making, 2.4 times as fast as it plays, 17 s left`
fn made(making: &MakingView) -> String {
    let is_made = making.remaking || !making.status.is_settled();
    let mut told = making.status.name().to_owned();
    if making.remaking {
        told += ", and made once more";
    }
    if let Some(speed) = making.speed.filter(|_| is_made) {
        told += &format!(", {speed:.1} times as fast as it plays");
    }
    if let Some(seconds) = making.seconds_left {
        told += &format!(", {seconds} s left");
    }
    told
}

/// In a sentence.
fn told(upload: &UploadView) -> String {
    let mut sentence = format!(
        "{}, {} bytes, of the person {}: {}",
        upload.purpose,
        upload.size_bytes,
        upload.owner_id,
        upload.status.name()
    );
    if upload.status == Status::Open {
        sentence += &format!(", {} % is there", upload.received_percent);
    }
    if let Some(reason) = &upload.reason {
        sentence += &format!(": {}", reason.detail);
    }
    if let (Some(duration), Some(width), Some(height)) = (upload.duration_ms, upload.width, upload.height) {
        sentence += &format!(", {:.1} s of {width} by {height}", duration as f64 / 1_000.0);
    }
    if let Some(making) = &upload.making {
        sentence += &format!("; the video {} is {}", making.video_id, made(making));
    }
    sentence
}
