//! Routes, bodies, and errors as statuses. Thin.

mod manage;
mod parts;
mod progress;
mod stream;
mod tus;

use axum::body::Body;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::commands::{self, Announced};
use super::queries::{self, Filter, UploadView};
use super::{Error, Purpose, Status};
use crate::access::{Principal, SignedIn};
use crate::app::App;
use crate::http::{ApiError, Json, Keyed, Path, Query, detached, replayed};
use crate::platform::idempotency::{self, Claim};
use crate::platform::paging::{List, Page};

pub use tus::offer;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(open, list))
        .routes(routes!(show, send, abort, tus::progress, tus::append))
        .routes(routes!(parts::links))
        .routes(routes!(parts::complete))
        .routes(routes!(abort_anybodys))
        .layer(from_fn(tus::speak))
        .merge(progress::routes())
        .merge(manage::routes())
        .merge(stream::routes())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OpenBody {
    purpose: Purpose,
    /// The media type of the file; what it really is, is found out
    #[schema(example = "video/mp4")]
    r#type: String,
    /// A presentation has at most 200,000,000
    #[schema(example = 7_340_032)]
    size_bytes: u64,
}

/// Announce a video; then send it with `PUT /v1/uploads/{id}`, piece by piece with `PATCH`, or straight to the store by
/// `POST /v1/uploads/{id}/parts`
///
/// Clients of tus announce it in headers, without a body: `Upload-Length`, and `filetype` in `Upload-Metadata`.
#[utoipa::path(post, path = "/uploads", tag = "videos", request_body = OpenBody, security(("session" = [])),
    params(
        ("idempotency-key" = Option<String>, Header),
        ("tus-resumable" = Option<String>, Header, example = "1.0.0"),
    ),
    responses(
        (status = 201, body = UploadView, headers(
            ("idempotency-replayed" = String), ("location" = String), ("upload-expires" = String)
        )),
        (status = 409, description = "`too_many_open`, `idempotency_in_flight`"),
        (status = 412, description = "`tus_version_unsupported`"),
        (status = 422, description = "`size_invalid`, `type_invalid`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn open(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
    request: Request,
) -> Result<Response, ApiError> {
    let (announced, request) = if request.headers().contains_key(tus::UPLOAD_LENGTH) {
        (tus::announced(who.person, request.headers())?, None)
    } else {
        let Keyed { body, request } = Keyed::<OpenBody>::from_request(request, &app).await?;
        let announced = Announced {
            owner: who.person,
            purpose: body.purpose.name(),
            media_type: body.r#type,
            size_bytes: body.size_bytes,
            most_bytes: body.purpose.most_bytes(),
            length: body.purpose.length(),
        };
        (announced, request)
    };
    let command = app.clone();
    let open = async move {
        let now = command.now();
        let mut tx = command.db.begin().await?;
        if let Some(request) = &request
            && let Claim::Replay(first) = idempotency::claim(&mut tx, now, &by, request).await?
        {
            return Ok((first, true));
        }
        let id = commands::open_upload(&mut tx, now, announced).await?;
        let view = queries::find(&mut tx, id).await?;
        let view = serde_json::to_value(view).map_err(anyhow::Error::from)?;
        if let Some(request) = &request {
            idempotency::answer(&mut tx, &by, request, &view).await?;
        }
        tx.commit().await?;
        Ok::<_, Error>((view, false))
    };
    let (view, repeated) = detached(&app, open).await?;
    let at = tus::created(&view);
    Ok((StatusCode::CREATED, replayed(repeated), at, Json(view)).into_response())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(inline)]
    status: Option<Status>,
    /// Only those of this person
    owner: Option<Uuid>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Uploads of everybody, newest first
#[utoipa::path(get, path = "/uploads", tag = "videos", params(ListQuery), security(("api_key" = ["videos.manage"])),
    responses((status = 200, body = List<UploadView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<UploadView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = Filter {
        id: None,
        status: query.status,
        owner: query.owner,
    };
    Ok(Json(
        queries::list(&mut *app.db.acquire().await?, &filter, page).await?,
    ))
}

/// How far an upload of one's own is
#[utoipa::path(get, path = "/uploads/{id}", tag = "videos", params(("id" = Uuid, Path)), security(("session" = [])),
    responses((status = 200, body = UploadView), (status = 404, description = "`upload_unknown`")))]
async fn show(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Json<UploadView>, ApiError> {
    view(&app, who, id).await
}

/// Send what was announced, whole; when it fails, it can be sent again
#[utoipa::path(put, path = "/uploads/{id}", tag = "videos", params(("id" = Uuid, Path)), security(("session" = [])),
    extensions(("x-within-seconds" = json!(1800))),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = UploadView),
        (status = 400, description = "`body_unreadable`: it did not arrive whole"),
        (status = 404, description = "`upload_unknown`"),
        (status = 409, description = "`upload_not_open`, `upload_begun`"),
        (status = 422, description = "`size_differs`"),
        (status = 503, description = "`storage_unavailable`: try again after `Retry-After` seconds"),
    ))]
async fn send(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UploadView>, ApiError> {
    let Json(upload) = view(&app, who, id).await?;
    refuse_at_once(&upload, 0, &headers, |announced, sent| sent != announced)?;
    let command = app.clone();
    detached(&app, async move {
        commands::receive(&command, who.person, id, body.into_data_stream()).await
    })
    .await?;
    view(&app, who, id).await
}

/// Nobody should send 200 MB to hear that it is not what they announced.
fn refuse_at_once(
    upload: &UploadView,
    offset: u64,
    headers: &HeaderMap,
    is_wrong: impl Fn(u64, u64) -> bool,
) -> Result<(), ApiError> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let announced = upload.size_bytes.unsigned_abs();
    match length.map(|length| offset.saturating_add(length)) {
        Some(sent) if upload.status == Status::Open && is_wrong(announced, sent) => {
            let sent = sent.to_string();
            Err(Error::SizeDiffers { announced, sent }.into())
        }
        _ => Ok(()),
    }
}

/// Change one's mind: what was sent is removed
#[utoipa::path(delete, path = "/uploads/{id}", tag = "videos", params(("id" = Uuid, Path)), security(("session" = [])),
    responses(
        (status = 204),
        (status = 404, description = "`upload_unknown`"),
        (status = 409, description = "`upload_accepted`; `upload_received`: it is for an order, and on its way"),
    ))]
async fn abort(State(app): State<App>, who: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(
        &app,
        async move { commands::abort(&command, who.person, id).await },
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give up what somebody sends: what there is of it is removed
#[utoipa::path(post, path = "/uploads/{id}/abort", tag = "videos", params(("id" = Uuid, Path)),
    security(("api_key" = ["videos.manage"])),
    responses(
        (status = 200, body = UploadView),
        (status = 404, description = "`upload_unknown`"),
        (status = 409, description = "`upload_accepted`; `upload_received`: it is for an order, and on its way"),
    ))]
async fn abort_anybodys(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<UploadView>, ApiError> {
    let command = app.clone();
    detached(
        &app,
        async move { commands::abort_anybodys(&command, &by, id).await },
    )
    .await?;
    let upload = queries::find(&mut *app.db.acquire().await?, id).await?;
    upload.map(Json).ok_or_else(|| Error::Unknown.into())
}

/// Somebody else's is not there.
async fn view(app: &App, who: SignedIn, id: Uuid) -> Result<Json<UploadView>, ApiError> {
    let upload = queries::find(&mut *app.db.acquire().await?, id).await?;
    let own = upload.filter(|upload| upload.owner_id == who.person);
    own.map(Json).ok_or_else(|| Error::Unknown.into())
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Size { .. } => Self::unprocessable("size_invalid", detail),
            Error::Type => Self::unprocessable("type_invalid", detail),
            Error::Unknown => Self::not_found("upload_unknown", detail),
            Error::NotOpen(_) => Self::conflict("upload_not_open", detail),
            Error::Received => Self::conflict("upload_received", detail),
            Error::Accepted => Self::conflict("upload_accepted", detail),
            Error::SizeDiffers { .. } => Self::unprocessable("size_differs", detail),
            Error::CutOff => Self::bad_request("body_unreadable", detail),
            Error::Storage(cause) => Self::unavailable("storage_unavailable", detail).caused_by(cause),
            Error::TooManyOpen(_) => Self::conflict("too_many_open", detail),
            Error::Begun => Self::conflict("upload_begun", detail),
            Error::Offset { at } => Self::conflict("offset_differs", detail).with_member("offset", at.into()),
            // Of tus; it has no name.
            Error::Checksum => match StatusCode::from_u16(460) {
                Ok(status) => Self::new(status, "checksum_differs", detail),
                Err(cause) => Self::unexpected(cause),
            },
            Error::TooManyParts => Self::conflict("too_many_parts", detail),
            Error::Parts(_) => Self::unprocessable("parts_invalid", detail),
            Error::PartsMissing { missing, unannounced } => Self::conflict("parts_missing", detail)
                .with_member("missing", missing.into())
                .with_member("unannounced", unannounced.into()),
            Error::PartsDiffer { numbers } => {
                Self::conflict("parts_differ", detail).with_member("numbers", numbers.into())
            }
            Error::UnknownVideo => Self::not_found("video_unknown", detail),
            Error::NoStream => Self::not_found("video_not_streamed", detail),
            Error::TakenDown => Self::new(StatusCode::GONE, "video_taken_down", detail),
            Error::Reason { .. } => Self::invalid("/reason", "length", detail),
            Error::Link(fault) => fault.into(),
            Error::NothingToRemake => Self::conflict("video_not_playable", detail),
            Error::NotPlayable => Self::unexpected(error),
            Error::Idempotency(refused) => refused.into(),
            Error::Throttled(throttled) => throttled.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
