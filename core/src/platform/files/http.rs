//! Files, to whoever has a link.

mod put;
mod range;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Key, LinkFault, store};
use crate::app::App;
use crate::http::{ApiError, Path, Query};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read, put::write))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LinkQuery {
    /// Until when the link works, in seconds since 1970
    #[param(example = 1_782_914_400)]
    expires: i64,
    #[param(example = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")]
    signature: String,
    /// Under which it is saved
    #[param(example = "Marquee - Ana Lima.mp4")]
    name: Option<String>,
}

/// A file, by a link that another answer holds
///
/// Links work for an hour or two. What is not made to be shown is to be saved. Parts can be asked for with `Range`.
#[utoipa::path(get, path = "/files/{area}/{name}", tag = "files", security(()),
    params(
        ("area" = String, Path, example = "avatars"),
        ("name" = String, Path, example = "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg"),
        LinkQuery,
        ("range" = Option<String>, Header, description = "`bytes=0-1023`; several ranges are answered with the whole")
    ),
    responses(
        (status = 200, content((String = "image/jpeg"), (String = "application/octet-stream")),
            headers(("accept-ranges" = String), ("content-disposition" = String))),
        (status = 206, description = "The part that was asked for",
            content((String = "image/jpeg"), (String = "application/octet-stream")),
            headers(("content-range" = String))),
        (status = 307, description = "The store itself has it", headers(("location" = String))),
        (status = 403, description = "`link_expired`, `link_invalid`"),
        (status = 404, description = "`file_unknown`: it was there"),
        (status = 416, description = "`range_unsatisfiable`"),
    ))]
async fn read(
    State(app): State<App>,
    Path((area, name)): Path<(String, String)>,
    Query(link): Query<LinkQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let key = Key::parse(&format!("{area}/{name}")).ok_or(LinkFault::Invalid)?;
    app.files.check_link(
        &key,
        link.name.as_deref(),
        link.expires,
        &link.signature,
        app.now(),
    )?;
    let gone = || ApiError::not_found("file_unknown", "this file is not there any more");
    if !store::is_read(&mut *app.db.acquire().await?, &key).await? {
        return Err(gone());
    }
    let disposition = match &link.name {
        // RFC 6266: what cannot read the second takes the first.
        Some(wanted) => format!(
            "attachment; filename=\"{name}\"; filename*=UTF-8''{}",
            utf8_percent_encode(wanted, NON_ALPHANUMERIC)
        ),
        None if key.kind().is_shown() => format!("inline; filename=\"{name}\""),
        None => format!("attachment; filename=\"{name}\""),
    };
    let presigned = app.files.presigned(&key, &disposition).await;
    if let Some(url) = presigned.map_err(ApiError::unexpected)? {
        let head = [
            (header::LOCATION, url),
            (header::CACHE_CONTROL, "private, max-age=240".to_owned()),
        ];
        return Ok((StatusCode::TEMPORARY_REDIRECT, head).into_response());
    }
    let found = app.files.find(&key).await.map_err(ApiError::unexpected)?;
    let object = found.ok_or_else(gone)?;

    let size = object.size_bytes;
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let (status, part) = match range::parse(asked, size) {
        range::Asked::Whole => (StatusCode::OK, 0..size),
        range::Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        range::Asked::Nothing => {
            let detail = format!("the file has {size} bytes");
            return Err(ApiError::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range_unsatisfiable",
                detail,
            ));
        }
    };
    let length = part.end - part.start;
    let body = object.stream(part.clone()).await.map_err(ApiError::unexpected)?;
    let left = (link.expires - app.now().unix_timestamp()).max(0);
    let head = [
        (header::CONTENT_TYPE, key.kind().mime().to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'".to_owned(),
        ),
        // Pages of the frontend, which is elsewhere, show it.
        (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin".to_owned()),
        // It never changes: another file has another key.
        (
            header::CACHE_CONTROL,
            format!("private, max-age={left}, immutable"),
        ),
    ];
    let mut response = (status, head, Body::from_stream(body)).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        let range = HeaderValue::try_from(range).map_err(ApiError::unexpected)?;
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

impl From<LinkFault> for ApiError {
    fn from(fault: LinkFault) -> Self {
        let code = match fault {
            LinkFault::Expired => "link_expired",
            LinkFault::Invalid => "link_invalid",
        };
        Self::new(StatusCode::FORBIDDEN, code, fault.to_string())
    }
}
