//! Sending in pieces, by tus 1.0 (<https://tus.io/protocols/resumable-upload>): the protocol itself, and its extensions
//! creation, expiration, termination and checksum. Our own, since what there is for axum (fileloft, tus-protocol) brings
//! stores and routes of its own, while ours are permitted, documented and limited like every other route.
//!
//! Not here: lengths that are told later, and methods in `X-HTTP-Method-Override`, which would get around permissions.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use uuid::Uuid;

use crate::access::SignedIn;
use crate::app::App;
use crate::http::{ApiError, Path, detached};
use crate::videos::commands::{self, Announced, Piece};
use crate::videos::domain::{Checksum, Status};
use crate::videos::{Error, Purpose};

const VERSION: &str = "1.0.0";
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const PIECE: &str = "application/offset+octet-stream";
const IMF_FIXDATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// Speaks another version of tus with nobody, and says ours to whoever speaks it.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let said = request.headers().get(TUS_RESUMABLE);
    let speaks = said.is_some() || request.method() == Method::PATCH;
    let ours = HeaderValue::from_static(VERSION);
    if speaks && said != Some(&ours) {
        let detail = "this is tus 1.0.0: say `Tus-Resumable: 1.0.0`";
        let other = ApiError::precondition_failed("tus_version_unsupported", detail);
        return ([(TUS_VERSION, VERSION)], other).into_response();
    }
    let mut response = next.run(request).await;
    if speaks {
        response.headers_mut().insert(TUS_RESUMABLE, ours);
    }
    response
}

/// What is said of it to whoever asks with `OPTIONS`.
pub async fn offer(request: Request, next: Next) -> Response {
    let is_asked = request.method() == Method::OPTIONS && request.uri().path().starts_with("/v1/uploads");
    let mut response = next.run(request).await;
    if is_asked {
        let said = [
            (TUS_RESUMABLE, HeaderValue::from_static(VERSION)),
            (TUS_VERSION, HeaderValue::from_static(VERSION)),
            (
                HeaderName::from_static("tus-extension"),
                HeaderValue::from_static("creation,expiration,termination,checksum"),
            ),
            (
                HeaderName::from_static("tus-max-size"),
                HeaderValue::from(Purpose::Presentation.most_bytes()),
            ),
            (
                HeaderName::from_static("tus-checksum-algorithm"),
                HeaderValue::from_static(Checksum::ALGORITHMS),
            ),
        ];
        response.headers_mut().extend(said);
    }
    response
}

/// What is announced in headers: how much, and of what type. What else a client says of a file, as its name, is nothing
/// to us.
pub(super) fn announced(owner: Uuid, headers: &HeaderMap) -> Result<Announced, ApiError> {
    let purpose = Purpose::Presentation;
    let size_bytes = number(headers, UPLOAD_LENGTH)?;
    let most_bytes = purpose.most_bytes();
    if size_bytes > most_bytes {
        let detail = Error::Size { most: most_bytes }.to_string();
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "size_invalid",
            detail,
        ));
    }
    let media_type = file_type(headers).map_err(|()| {
        let detail =
            "`Upload-Metadata` is words with their values in Base64, such as `filetype dmlkZW8vbXA0`";
        ApiError::bad_request("header_invalid", detail)
    })?;
    Ok(Announced {
        owner,
        purpose: purpose.name(),
        media_type: media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        size_bytes,
        most_bytes,
        length: purpose.length(),
    })
}

/// `filetype` of `Upload-Metadata`, if it is a media type.
fn file_type(headers: &HeaderMap) -> Result<Option<String>, ()> {
    let Some(metadata) = headers.get("upload-metadata") else {
        return Ok(None);
    };
    let mut pairs = metadata.to_str().map_err(drop)?.split(',').map(str::trim);
    let value = pairs.find_map(|pair| {
        let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
        (name == "filetype").then_some(value)
    });
    let Some(value) = value else { return Ok(None) };
    let value = BASE64_STANDARD.decode(value.trim()).map_err(drop)?;
    let value = String::from_utf8(value).map_err(drop)?;
    Ok(Some(value).filter(|value| commands::is_media_type(value)))
}

/// Where the upload that was announced is, and until when; by what is answered, which may be a replay.
pub(super) fn created(view: &Value) -> [(HeaderName, String); 2] {
    let text = |name: &str| view[name].as_str().unwrap_or_default();
    let expires_at = OffsetDateTime::parse(text("expires_at"), &Rfc3339);
    [
        (header::LOCATION, format!("/v1/uploads/{}", text("id"))),
        (UPLOAD_EXPIRES, expires_at.map(date).unwrap_or_default()),
    ]
}

/// How much of it is there: go on from `Upload-Offset` (tus)
#[utoipa::path(head, path = "/uploads/{id}", tag = "videos", security(("session" = [])),
    params(("id" = Uuid, Path), ("tus-resumable" = Option<String>, Header, example = "1.0.0")),
    responses(
        (status = 200, headers(
            ("upload-offset" = String), ("upload-length" = String), ("upload-expires" = String), ("cache-control" = String)
        )),
        (status = 404, description = "`upload_unknown`"),
        (status = 410, description = "`upload_not_open`: nothing is kept of it"),
        (status = 412, description = "`tus_version_unsupported`"),
    ))]
pub(super) async fn progress(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, ApiError> {
    let crate::http::Json(upload) = super::view(&app, who, id).await?;
    let is_late = upload.status == Status::Open && upload.expires_at <= app.now();
    let gone = match upload.status {
        Status::Open if is_late => Some("expired"),
        Status::Open | Status::Received | Status::Checking | Status::Accepted => None,
        other => Some(other.name()),
    };
    if let Some(gone) = gone {
        let detail = Error::NotOpen(gone).to_string();
        return Err(ApiError::new(StatusCode::GONE, "upload_not_open", detail));
    }
    let head = [
        (UPLOAD_OFFSET, upload.received_bytes.to_string()),
        (UPLOAD_LENGTH, upload.size_bytes.to_string()),
        (UPLOAD_EXPIRES, date(upload.expires_at)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, head).into_response())
}

/// Send what was announced piece by piece (tus)
///
/// Each piece begins where the one before ended. When the line is cut, what had come is kept: ask with `HEAD` where to go
/// on. The last piece has the video checked.
#[utoipa::path(patch, path = "/uploads/{id}", tag = "videos", security(("session" = [])),
    params(
        ("id" = Uuid, Path),
        ("tus-resumable" = String, Header, example = "1.0.0"),
        ("upload-offset" = String, Header, example = "0", description = "How many bytes are there already"),
        ("upload-checksum" = Option<String>, Header, example = "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=",
            description = "`sha1` or `sha256`, and the digest of this piece in Base64"),
    ),
    extensions(("x-within-seconds" = json!(1800))),
    request_body(content = String, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, headers(("upload-offset" = String), ("upload-expires" = String))),
        (status = 400, description = "`header_invalid`, `checksum_unsupported`; `body_unreadable`: it did not arrive whole"),
        (status = 404, description = "`upload_unknown`"),
        (status = 409, description = "`offset_differs`, `upload_not_open`, `upload_begun`, `too_many_parts`"),
        (status = 412, description = "`tus_version_unsupported`"),
        (status = 415, description = "`media_type_unsupported`"),
        (status = 422, description = "`size_differs`: it is more than was announced"),
        (status = 460, description = "`checksum_differs`: it was not kept"),
        (status = 503, description = "`storage_unavailable`: try again after `Retry-After` seconds"),
    ))]
pub(super) async fn append(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes) != Some(PIECE.as_bytes()) {
        let detail = format!("a piece has the content type {PIECE}");
        let unsupported = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(ApiError::new(unsupported, "media_type_unsupported", detail));
    }
    let piece = Piece {
        offset: number(&headers, UPLOAD_OFFSET)?,
        checksum: checksum(&headers)?,
    };
    let crate::http::Json(upload) = super::view(&app, who, id).await?;
    super::refuse_at_once(&upload, piece.offset, &headers, |most, sent| sent > most)?;
    let command = app.clone();
    let offset = detached(&app, async move {
        commands::receive_piece(&command, who.person, id, piece, body.into_data_stream()).await
    })
    .await?;
    let head = [
        (UPLOAD_OFFSET, offset.to_string()),
        (UPLOAD_EXPIRES, date(upload.expires_at)),
    ];
    Ok((StatusCode::NO_CONTENT, head).into_response())
}

fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, ApiError> {
    let Some(said) = headers.get("upload-checksum") else {
        return Ok(None);
    };
    let checksum = said.to_str().ok().and_then(Checksum::parse);
    let unsupported = || {
        let detail = "`Upload-Checksum` is `sha1` or `sha256`, and the digest in Base64";
        ApiError::bad_request("checksum_unsupported", detail)
    };
    checksum.map(Some).ok_or_else(unsupported)
}

/// Digits only: no sign, no spaces.
fn number(headers: &HeaderMap, name: HeaderName) -> Result<u64, ApiError> {
    let text = headers.get(&name).and_then(|value| value.to_str().ok());
    let digits = text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| ApiError::bad_request("header_invalid", format!("`{name}` is a number of bytes")))
}

/// As HTTP writes it.
fn date(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC)
        .format(IMF_FIXDATE)
        .unwrap_or_default()
}
