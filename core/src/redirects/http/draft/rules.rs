use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, detached, etag};
use crate::redirects::commands;
use crate::redirects::{RuleView, queries};
use marquee_shared::rules::Rule;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(show, replace, patch, remove))
}

/// Put another rule in the draft; without `rule`, it gets the next number
#[utoipa::path(
    post, path = "/brands/{brand}/draft/rules", tag = "redirects", security(("api_key" = ["rules.edit"])),
    params(("brand" = String, Path, example = "acme"), ("if-match" = String, Header)),
    request_body(content = Rule, example = json!({
        "kind": "route", "when": { "product": ["auto"], "state": ["NY"] },
        "target": { "variants": [{ "name": "a", "url": "https://quotes.acme.example/ny?zip={zip}" }] }
    })),
    responses(
        (status = 201, body = RuleView, headers(("etag" = String), ("location" = String))),
        (status = 409, description = "`number_taken`, `too_many_rules`, `brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`rule_invalid`: it is no rule"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn create(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    IfMatch(seen): IfMatch,
    Json(rule): Json<Value>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::create_rule(&app, &principal, &brand, seen, &rule).await }
    };
    let view = detached(&app, command).await?;
    let place = format!("/v1/brands/{brand}/draft/rules/{}", view.rule.number);
    Ok((
        StatusCode::CREATED,
        etag(view.version),
        [(header::LOCATION, place)],
        Json(view),
    ))
}

/// A rule of the draft
#[utoipa::path(
    get, path = "/brands/{brand}/draft/rules/{number}", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme"), ("number" = u32, Path, example = 7)),
    responses(
        (status = 200, body = RuleView, headers(("etag" = String))),
        (status = 404, description = "`brand_unknown`, `rule_unknown`"),
    )
)]
async fn show(
    State(app): State<App>,
    Path((brand, number)): Path<(String, u32)>,
) -> Result<impl IntoResponse, ApiError> {
    let view = queries::draft_rule(&app, &brand, number).await?;
    Ok((etag(view.version), Json(view)))
}

/// Put a rule in the place of the one with this number
#[utoipa::path(
    put, path = "/brands/{brand}/draft/rules/{number}", tag = "redirects", security(("api_key" = ["rules.edit"])),
    params(
        ("brand" = String, Path, example = "acme"), ("number" = u32, Path, example = 7),
        ("if-match" = String, Header)
    ),
    request_body(content = Rule, example = json!({
        "kind": "route", "when": { "state": ["NY"] }, "target": { "fallback": true }
    })),
    responses(
        (status = 200, body = RuleView, headers(("etag" = String))),
        (status = 404, description = "`brand_unknown`, `rule_unknown`"),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`rule_invalid`: it is no rule, or has another number"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn replace(
    State(app): State<App>,
    principal: Principal,
    Path((brand, number)): Path<(String, u32)>,
    IfMatch(seen): IfMatch,
    Json(rule): Json<Value>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::replace_rule(&app, &principal, &brand, seen, number, rule).await }
    };
    let view = detached(&app, command).await?;
    Ok((etag(view.version), Json(view)))
}

/// Change some of a rule: a JSON merge patch (RFC 7396), where `null` takes something out
#[utoipa::path(
    patch, path = "/brands/{brand}/draft/rules/{number}", tag = "redirects",
    security(("api_key" = ["rules.edit"])),
    params(
        ("brand" = String, Path, example = "acme"), ("number" = u32, Path, example = 7),
        ("if-match" = String, Header)
    ),
    request_body(
        content = Object, content_type = "application/merge-patch+json",
        example = json!({ "priority": 10, "when": { "state": ["NY", "NJ"], "zip": null } })
    ),
    responses(
        (status = 200, body = RuleView, headers(("etag" = String))),
        (status = 404, description = "`brand_unknown`, `rule_unknown`"),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`rule_invalid`: it would be no rule, or have another number"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn patch(
    State(app): State<App>,
    principal: Principal,
    Path((brand, number)): Path<(String, u32)>,
    IfMatch(seen): IfMatch,
    Json(patch): Json<Value>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::patch_rule(&app, &principal, &brand, seen, number, patch).await }
    };
    let view = detached(&app, command).await?;
    Ok((etag(view.version), Json(view)))
}

/// Take a rule out of the draft; its number is not given out again
#[utoipa::path(
    delete, path = "/brands/{brand}/draft/rules/{number}", tag = "redirects",
    security(("api_key" = ["rules.edit"])),
    params(
        ("brand" = String, Path, example = "acme"), ("number" = u32, Path, example = 7),
        ("if-match" = String, Header)
    ),
    responses(
        (status = 204, headers(("etag" = String))),
        (status = 404, description = "`brand_unknown`, `rule_unknown`"),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn remove(
    State(app): State<App>,
    principal: Principal,
    Path((brand, number)): Path<(String, u32)>,
    IfMatch(seen): IfMatch,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::remove_rule(&app, &principal, &brand, seen, number).await }
    };
    let version = detached(&app, command).await?;
    Ok((StatusCode::NO_CONTENT, etag(version)))
}
