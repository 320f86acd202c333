use axum::extract::State;
use axum::response::IntoResponse;
use marquee_shared::rules::Settings;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, detached, etag};
use crate::redirects::Refusal;
use crate::redirects::commands::{self, Changed};
use crate::redirects::queries;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, replace, patch))
}

/// The draft's settings; the ETag is the whole draft's
#[utoipa::path(
    get, path = "/brands/{brand}/draft/settings", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme")),
    responses((status = 200, body = Settings, headers(("etag" = String))))
)]
async fn show(State(app): State<App>, Path(brand): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let (version, settings) = queries::draft_settings(&app, &brand).await?;
    Ok((etag(version), Json(settings)))
}

/// Put other settings in the draft
#[utoipa::path(
    put, path = "/brands/{brand}/draft/settings", tag = "redirects", security(("api_key" = ["rules.edit"])),
    params(("brand" = String, Path, example = "acme"), ("if-match" = String, Header)),
    request_body = Settings,
    responses(
        (status = 200, body = Settings, headers(("etag" = String))),
        (status = 409, description = "`host_taken`, `brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`settings_invalid`: something is wrong with them that was not before"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn replace(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    IfMatch(seen): IfMatch,
    Json(settings): Json<Settings>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::change_settings(&app, &principal, &brand, seen, settings).await }
    };
    let changed = detached(&app, command).await?;
    Ok((etag(changed.version), Json(changed.settings)))
}

/// The settings after a change
#[derive(Serialize, ToSchema)]
struct SettingsView {
    /// The draft's, as its ETag has it
    #[schema(example = 8)]
    version: i64,
    #[schema(example = json!({ "hosts": ["go.acme.example"], "languages": ["en", "es"] }))]
    settings: Settings,
    /// What is still to be done before they can be published
    findings: Vec<Refusal>,
}

/// Change some of the draft's settings: a JSON merge patch (RFC 7396), where `null` puts back what a new brand has
#[utoipa::path(
    patch, path = "/brands/{brand}/draft/settings", tag = "redirects", security(("api_key" = ["rules.edit"])),
    params(("brand" = String, Path, example = "acme"), ("if-match" = String, Header)),
    request_body(
        content = Object, content_type = "application/merge-patch+json",
        example = json!({ "pass_query": ["utm_*", "gclid"], "ask_url": null })
    ),
    responses(
        (status = 200, body = SettingsView, headers(("etag" = String))),
        (status = 409, description = "`host_taken`, `brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`settings_invalid`: something is wrong with them that was not before"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn patch(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    IfMatch(seen): IfMatch,
    Json(patch): Json<Value>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::patch_settings(&app, &principal, &brand, seen, patch).await }
    };
    let Changed {
        version,
        settings,
        findings,
    } = detached(&app, command).await?;
    let view = SettingsView {
        version,
        settings,
        findings,
    };
    Ok((etag(version), Json(view)))
}
