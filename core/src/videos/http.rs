//! Routes, bodies, and errors as statuses. Thin.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
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

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(open, list))
        .routes(routes!(show, send, abort))
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

/// Announce a video; then send it with `PUT /v1/uploads/{id}`
#[utoipa::path(post, path = "/uploads", tag = "videos", request_body = OpenBody, security(("session" = [])),
    params(("idempotency-key" = Option<String>, Header)),
    responses(
        (status = 201, body = UploadView, headers(("idempotency-replayed" = String))),
        (status = 409, description = "`idempotency_in_flight`"),
        (status = 422, description = "`size_invalid`, `type_invalid`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_requests`"),
    ))]
async fn open(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
    Keyed { body, request }: Keyed<OpenBody>,
) -> Result<impl IntoResponse, ApiError> {
    let announced = Announced {
        owner: who.person,
        purpose: body.purpose.name(),
        media_type: body.r#type,
        size_bytes: body.size_bytes,
        most_bytes: body.purpose.most_bytes(),
        length: body.purpose.length(),
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
    Ok((StatusCode::CREATED, replayed(repeated), Json(view)))
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
        (status = 409, description = "`upload_not_open`"),
        (status = 422, description = "`size_differs`"),
    ))]
async fn send(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UploadView>, ApiError> {
    refuse_at_once(&app, who, id, &headers).await?;
    let (id, key) = commands::receive(&app, who.person, id, body.into_data_stream()).await?;
    let command = app.clone();
    detached(&app, async move { commands::take(&command, id, &key).await }).await?;
    view(&app, who, id).await
}

/// Nobody should send 200 MB to hear that it is not what they announced.
async fn refuse_at_once(app: &App, who: SignedIn, id: Uuid, headers: &HeaderMap) -> Result<(), ApiError> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let Some(sent) = length.and_then(|length| length.parse::<u64>().ok()) else {
        return Ok(());
    };
    let Json(upload) = view(app, who, id).await?;
    let announced = upload.size_bytes.unsigned_abs();
    if upload.status == Status::Open && sent != announced {
        let sent = sent.to_string();
        return Err(Error::SizeDiffers { announced, sent }.into());
    }
    Ok(())
}

/// Change one's mind: what was sent is removed
#[utoipa::path(delete, path = "/uploads/{id}", tag = "videos", params(("id" = Uuid, Path)), security(("session" = [])),
    responses(
        (status = 204),
        (status = 404, description = "`upload_unknown`"),
        (status = 409, description = "`upload_accepted`"),
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
            Error::Accepted => Self::conflict("upload_accepted", detail),
            Error::SizeDiffers { .. } => Self::unprocessable("size_differs", detail),
            Error::CutOff => Self::bad_request("body_unreadable", detail),
            Error::Idempotency(refused) => refused.into(),
            Error::Throttled(throttled) => throttled.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
