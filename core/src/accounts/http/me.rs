use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::{Grant, Principal};
use crate::app::App;
use crate::http::Json;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(me))
}

#[derive(Serialize, ToSchema)]
struct Me {
    /// `staff:<id>` or `key:<id>`: as the audit log and drafts name the caller
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    id: String,
    #[schema(example = "Ana Lima (laptop)")]
    name: String,
    /// The person whose key it is
    staff_id: Option<Uuid>,
    /// When the key expires
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// What this key permits now
    grants: Vec<Grant>,
}

/// Who the caller is, and what they may do
#[utoipa::path(get, path = "/me", tag = "staff", security(("api_key" = [])),
    responses((status = 200, body = Me)))]
async fn me(by: Principal) -> Json<Me> {
    Json(Me {
        grants: by.grants.list(),
        id: by.id,
        name: by.name,
        staff_id: by.staff,
        expires_at: by.until,
    })
}
