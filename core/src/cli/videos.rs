use clap::Subcommand;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show, show_one};
use super::table::Table;
use super::uploads::watched;
use crate::access::Principal;
use crate::app::App;
use crate::platform::paging::Page;
use crate::videos::queries::{self, VideoFilter, VideoView};
use crate::videos::{self, Error, VideoStatus, Visibility};

#[derive(Subcommand)]
pub(super) enum Videos {
    /// What became of all uploads, newest first
    List {
        #[arg(long, value_enum)]
        status: Option<VideoStatus>,
        #[arg(long, value_enum)]
        visibility: Option<Visibility>,
        /// Only those that staff took down, or only the others
        #[arg(long)]
        taken_down: Option<bool>,
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
    /// Everything about one video
    Show { id: Uuid },
    /// Let nobody see a video any more, from now on
    TakeDown {
        id: Uuid,
        /// Why, for staff
        #[arg(long)]
        reason: String,
    },
    /// Let those see a video again who saw it before
    PutBack { id: Uuid },
    /// Have what is shown of a video made once more, of what is kept of it without our mark
    Transcode {
        id: Uuid,
        /// Wait until it is made, and show how far it is
        #[arg(long)]
        watch: bool,
    },
}

impl Videos {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::List {
                status,
                visibility,
                taken_down,
                owner,
                limit,
                cursor,
            } => {
                let filter = VideoFilter {
                    id: None,
                    status,
                    visibility,
                    taken_down,
                    owner,
                };
                let page = Page::new(cursor.as_deref(), Some(limit))?;
                list(app, &filter, page, json).await?;
            }
            Self::Show { id } => show_video(app, id, json).await?,
            Self::TakeDown { id, reason } => {
                videos::take_down(app, &Principal::operator(), id, &reason).await?;
                show_video(app, id, json).await?;
            }
            Self::PutBack { id } => {
                videos::put_back(app, &Principal::operator(), id).await?;
                show_video(app, id, json).await?;
            }
            Self::Transcode { id, watch } => {
                videos::remake(app, &Principal::operator(), id).await?;
                if watch {
                    watch_making(app, id).await?;
                }
                show_video(app, id, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn list(app: &App, filter: &VideoFilter, page: Page, json: bool) -> anyhow::Result<()> {
    let videos = queries::list_videos(&mut *app.db.acquire().await?, filter, page).await?;
    let mut table = Table::new(&["id", "purpose", "status", "seen by", "views", "made"]);
    for video in &videos.items {
        table.row([
            video.id.to_string(),
            video.purpose.clone(),
            video.status.name().to_owned(),
            seen_by(video).to_owned(),
            video.views.to_string(),
            video.playable_at.map_or("not yet".to_owned(), instant),
        ]);
    }
    show(&videos, &table, json, "no videos")?;
    more(videos.next_cursor.as_deref(), json)?;
    Ok(())
}

async fn watch_making(app: &App, id: Uuid) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    let video = queries::find_video(&mut conn, id).await?;
    let video = video.ok_or(Error::UnknownVideo)?;
    let upload = queries::find(&mut conn, video.upload_id).await?;
    drop(conn);
    watched(app, upload.ok_or(Error::Unknown)?).await?;
    Ok(())
}

async fn show_video(app: &App, id: Uuid, json: bool) -> anyhow::Result<()> {
    let video = queries::find_video(&mut *app.db.acquire().await?, id).await?;
    let video = video.ok_or(Error::UnknownVideo)?;
    show_one(&video, json, &told(&video))
}

/// In a sentence.
fn told(video: &VideoView) -> String {
    let mut sentence = format!(
        "{} of the person {}, from the upload {}: {}",
        video.purpose,
        video.owner_id,
        video.upload_id,
        video.status.name()
    );
    if video.remaking {
        sentence += ", and made once more";
    }
    if let Some(reason) = &video.reason {
        sentence += &format!(": {}", reason.detail);
    }
    if let (Some(duration), Some(width), Some(height)) = (video.duration_ms, video.width, video.height) {
        sentence += &format!(", {:.1} s of {width} by {height}", duration as f64 / 1_000.0);
    }
    sentence += &format!(", {}, {} views", seen_by(video), video.views);
    if let Some(reason) = &video.taken_down_reason {
        sentence += &format!(": {reason}");
    }
    sentence
}

fn seen_by(video: &VideoView) -> &'static str {
    if video.taken_down_at.is_some() {
        "taken down"
    } else {
        video.visibility.name()
    }
}
