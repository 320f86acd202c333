//! Sending straight to the store.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::SignedIn;
use crate::app::App;
use crate::http::{ApiError, Json, Path, detached};
use crate::videos::commands::{self, NewPart};
use crate::videos::queries::UploadView;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartsBody {
    /// 1 to 1,000 parts, which have together as many bytes as the upload, or fewer
    parts: Vec<NewPartBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPart)]
struct NewPartBody {
    /// 1 to 1,000; parts follow one another by their numbers, wherever there are gaps
    #[schema(example = 1, minimum = 1, maximum = 1000)]
    number: i32,
    /// 1 to 5,000,000,000
    #[schema(example = 7_340_032, minimum = 1)]
    size_bytes: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PartLinks {
    parts: Vec<PartLink>,
}

/// By which one part can be put, once
#[derive(Serialize, ToSchema)]
struct PartLink {
    #[schema(example = 1)]
    number: i32,
    #[schema(example = 7_340_032)]
    size_bytes: u64,
    /// Send it there with `PUT`, without credentials
    #[schema(
        example = "https://media.s3.eu-central-1.amazonaws.com/files/quarantine/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.bin?X-Amz-Expires=3600&X-Amz-Signature=9f2c"
    )]
    url: String,
    /// What the request must have, exactly; browsers set `content-length` by themselves
    #[schema(example = json!({ "content-length": "7340032", "content-type": "application/octet-stream", "if-none-match": "*" }))]
    headers: BTreeMap<&'static str, String>,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Ask for links by which what was announced can be put straight into the store, part by part
///
/// Each works for an hour, for one object of this size. Ask again for what could not be put in time. When all parts are
/// there, say so with `POST /v1/uploads/{id}/complete`.
#[utoipa::path(post, path = "/uploads/{id}/parts", tag = "videos", request_body = PartsBody,
    security(("session" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = PartLinks),
        (status = 404, description = "`upload_unknown`"),
        (status = 409, description = "`upload_not_open`, `upload_begun`"),
        (status = 422, description = "`parts_invalid`"),
    ))]
pub(super) async fn links(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<PartsBody>,
) -> Result<Json<PartLinks>, ApiError> {
    let part = |part: NewPartBody| NewPart {
        number: part.number,
        size_bytes: part.size_bytes,
    };
    let parts: Vec<NewPart> = body.parts.into_iter().map(part).collect();
    let command = app.clone();
    let links = detached(&app, async move {
        commands::put_links(&command, who.person, id, &parts).await
    })
    .await?;
    let link = |(part, link): (NewPart, crate::platform::files::PutLink)| PartLink {
        number: part.number,
        size_bytes: part.size_bytes,
        url: link.url,
        headers: link.headers.into_iter().collect(),
        expires_at: link.expires_at,
    };
    let parts = links.into_iter().map(link).collect();
    Ok(Json(PartLinks { parts }))
}

/// Say that all parts are put; the video is then checked
///
/// Once more is fine. Whoever never says it is not forgotten: we look ourselves after a quarter of an hour.
#[utoipa::path(post, path = "/uploads/{id}/complete", tag = "videos", security(("session" = [])),
    params(("id" = Uuid, Path)),
    extensions(("x-within-seconds" = json!(120))),
    responses(
        (status = 200, body = UploadView),
        (status = 404, description = "`upload_unknown`"),
        (status = 409, description = "`parts_missing`: those in `missing`, and `unannounced` bytes of no part; \
            `parts_differ`: those in `numbers` have other sizes, and were removed; `upload_not_open`"),
        (status = 503, description = "`storage_unavailable`: try again after `Retry-After` seconds"),
    ))]
pub(super) async fn complete(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Json<UploadView>, ApiError> {
    let command = app.clone();
    detached(
        &app,
        async move { commands::complete(&command, who.person, id).await },
    )
    .await?;
    super::view(&app, who, id).await
}
