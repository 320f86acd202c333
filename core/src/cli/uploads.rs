use clap::Subcommand;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, show, show_one};
use super::table::Table;
use crate::app::App;
use crate::platform::paging::Page;
use crate::videos::queries::{self, Filter, UploadView};
use crate::videos::{Error, Status};

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
    Show { id: Uuid },
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
                let uploads = queries::list(&mut conn, &Filter { status, owner }, page).await?;
                let mut table = Table::new(&["id", "purpose", "bytes", "status", "reason", "sent"]);
                for upload in &uploads.items {
                    table.row([
                        upload.id.to_string(),
                        upload.purpose.clone(),
                        upload.size_bytes.to_string(),
                        upload.status.name().to_owned(),
                        upload
                            .reason
                            .as_ref()
                            .map_or(String::new(), |reason| reason.code.clone()),
                        upload.received_at.map_or("never".to_owned(), instant),
                    ]);
                }
                show(&uploads, &table, json, "no uploads")?;
                if let Some(cursor) = uploads.next_cursor.filter(|_| !json) {
                    println!("more: --cursor {cursor}");
                }
            }
            Self::Show { id } => {
                let upload = queries::find(&mut conn, id).await?.ok_or(Error::Unknown)?;
                show_one(&upload, json, &told(&upload))?;
            }
        }
        Ok(Outcome::Done)
    }
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
    if let Some(reason) = &upload.reason {
        sentence += &format!(": {}", reason.detail);
    }
    if let (Some(duration), Some(width), Some(height)) = (upload.duration_ms, upload.width, upload.height) {
        sentence += &format!(", {:.1} s of {width} by {height}", duration as f64 / 1_000.0);
    }
    sentence
}
