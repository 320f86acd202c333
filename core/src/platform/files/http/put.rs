//! An object that whoever has a link may put, where the store is a folder: what S3 does with a link of its own.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::{ApiError, Path, Query, detached};
use crate::platform::files::{Key, LinkFault, PutError};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PutQuery {
    /// Until when the link works, in seconds since 1970
    #[param(example = 1_782_910_800)]
    expires: i64,
    /// How many bytes, exactly
    #[param(example = 5_242_880)]
    size: u64,
    /// The media type, exactly
    #[param(example = "application/octet-stream")]
    r#type: String,
    #[param(example = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")]
    signature: String,
}

/// Put a file, once, by a link that another answer holds
///
/// The link works for an hour, for as many bytes of the type as it says. What is there is never replaced.
#[utoipa::path(put, path = "/files/{area}/{name}", tag = "files", security(()),
    params(
        ("area" = String, Path, example = "quarantine"),
        ("name" = String, Path, example = "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.bin"),
        PutQuery
    ),
    extensions(("x-within-seconds" = json!(1800))),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 204),
        (status = 400, description = "`size_differs`: it has fewer bytes; `body_unreadable`: it did not arrive whole"),
        (status = 403, description = "`link_expired`, `link_invalid`"),
        (status = 409, description = "`file_exists`"),
        (status = 413, description = "`size_differs`: it has more bytes"),
        (status = 415, description = "`media_type_unsupported`: it is not of the link's type"),
        (status = 503, description = "`storage_unavailable`: try again after `Retry-After` seconds"),
    ))]
pub(super) async fn write(
    State(app): State<App>,
    Path((area, name)): Path<(String, String)>,
    Query(link): Query<PutQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let key = Key::parse(&format!("{area}/{name}")).ok_or(LinkFault::Invalid)?;
    let bound = (link.expires, link.size, link.r#type.as_str());
    app.files
        .check_put_link(&key, bound, &link.signature, app.now())?;
    let said = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if said(header::CONTENT_TYPE) != Some(&link.r#type) {
        let detail = format!("this link is for {}", link.r#type);
        let unsupported = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(ApiError::new(unsupported, "media_type_unsupported", detail));
    }
    // Nobody should send it all to hear that it is too much.
    let length = said(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    refuse_other_size(link.size, length.unwrap_or(link.size))?;
    let store = app.clone();
    detached(&app, async move {
        store
            .files
            .put_once(&key, body.into_data_stream(), link.size)
            .await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn refuse_other_size(announced: u64, sent: u64) -> Result<(), PutError> {
    match sent {
        _ if sent > announced => Err(PutError::TooLarge { most: announced }),
        _ if sent < announced => Err(PutError::TooSmall { announced, sent }),
        _ => Ok(()),
    }
}

impl From<PutError> for ApiError {
    fn from(error: PutError) -> Self {
        let detail = error.to_string();
        match error {
            PutError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "size_differs", detail),
            PutError::TooSmall { .. } => Self::bad_request("size_differs", detail),
            PutError::Body(_) => {
                Self::bad_request("body_unreadable", "it did not arrive whole: send it again")
            }
            PutError::Exists => Self::conflict("file_exists", "it is there already, and stays as it is"),
            PutError::Store(cause) => {
                let detail = "it could not be stored, and nothing of it was: send it again";
                Self::unavailable("storage_unavailable", detail).caused_by(cause)
            }
            PutError::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
