use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::Event;
use futures::{Stream, stream};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::{Permission, Principal};
use crate::app::App;
use crate::http::{ApiError, Path};
use crate::videos::Error;
use crate::videos::queries::{self, UploadView};

/// The row is written about once a second.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// So that nothing between us and the browser takes silence for an end.
const BETWEEN_SIGNS: time::Duration = time::Duration::seconds(15);
/// Browsers come again by themselves.
const AT_MOST: time::Duration = time::Duration::minutes(15);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(watch))
}

/// One event, as it is read
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: it is written as text")]
struct UploadEvent {
    #[schema(example = "upload")]
    event: String,
    /// The upload, as JSON
    #[schema(example = "{\"status\":\"accepted\"}")]
    data: String,
}

/// How far an upload and what is made of it are, whenever that changes, as server-sent events
///
/// Each event is named `upload`, and its data is the upload. While nothing changes there is a comment four times a minute. It
/// ends when nothing changes any more, and after a quarter of an hour: then ask again. For its owner and for staff with
/// `videos.manage`.
#[utoipa::path(get, path = "/uploads/{id}/progress", tag = "videos", params(("id" = Uuid, Path)),
    security(("api_key" = [])),
    responses(
        (status = 200, content_type = "text/event-stream", body = UploadEvent),
        (status = 404, description = "`upload_unknown`"),
    ))]
async fn watch(
    State(app): State<App>,
    who: Principal,
    Path(id): Path<Uuid>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let upload = queries::find(&mut *app.db.acquire().await?, id).await?;
    let is_theirs = |upload: &UploadView| {
        let own = who.signed_in.is_some_and(|who| who.person == upload.owner_id);
        own || who.permit(Permission::VideosManage).is_ok()
    };
    let upload = upload.filter(is_theirs).ok_or(Error::Unknown)?;
    let now = app.now();
    let watched = Watched {
        app,
        id,
        told: String::new(),
        told_at: now,
        next: Some(upload),
        until: now + AT_MOST,
    };
    let events = stream::unfold(watched, async |mut watched| {
        let event = watched.event().await?;
        Some((Ok(event), watched))
    });
    Ok(Sse::new(Box::pin(events)))
}

struct Watched {
    app: App,
    id: Uuid,
    /// What was told last.
    told: String,
    told_at: OffsetDateTime,
    /// What was seen last, if it is not over.
    next: Option<UploadView>,
    until: OffsetDateTime,
}

impl Watched {
    /// The next that differs, or a sign of life. `None`: it is over. No connection to the database is held meanwhile.
    async fn event(&mut self) -> Option<Event> {
        loop {
            let upload = self.next.take()?;
            let text = serde_json::to_string(&upload).ok()?;
            let now = self.app.now();
            let is_over = upload.is_over() || now >= self.until;
            let is_news = text != self.told;
            if !is_over {
                if !is_news {
                    self.pause().await?;
                }
                self.next = self.look().await;
            }
            if is_news {
                (self.told_at, self.told) = (now, text.clone());
                return Some(Event::default().event("upload").data(text));
            }
            if now - self.told_at >= BETWEEN_SIGNS {
                self.told_at = now;
                return Some(Event::default().comment("nothing new"));
            }
        }
    }

    /// `None`: the process is stopping.
    async fn pause(&self) -> Option<()> {
        tokio::select! {
            () = tokio::time::sleep(BETWEEN_LOOKS) => Some(()),
            () = self.app.stopping.cancelled() => None,
        }
    }

    async fn look(&self) -> Option<UploadView> {
        let mut conn = self.app.db.acquire().await.ok()?;
        queries::find(&mut conn, self.id).await.ok()?
    }
}
