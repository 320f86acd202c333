use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use marquee_shared::rules::Rule;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parts::{FileQuery, number_cursor, page_limit};
use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, Query, detached};
use crate::redirects::commands::{self, Freeze};
use crate::redirects::queries::{self, Page, RevisionFilter, RevisionView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, freeze))
        .routes(routes!(show))
        .routes(routes!(show_rules))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Stands in the note, large or small letters alike
    #[param(example = "new form")]
    q: Option<String>,
    /// Whoever froze it or last edited what is in it: `staff:<id>`, `key:<id>`, `operator` or `system`
    #[param(example = "operator")]
    author: Option<String>,
    /// Frozen at or after this time
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-11-01T00:00:00Z")]
    from: Option<OffsetDateTime>,
    /// Frozen before this time
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-12-01T00:00:00Z")]
    to: Option<OffsetDateTime>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A brand's revisions, or those that fit, the newest first
#[utoipa::path(
    get, path = "/brands/{brand}/revisions", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme"), ListQuery),
    responses((status = 200, body = Page<RevisionView>))
)]
async fn list(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<RevisionView>>, ApiError> {
    let cursor = number_cursor(query.cursor.as_deref())?;
    let filter = RevisionFilter {
        text: query.q,
        author: query.author,
        from: query.from,
        to: query.to,
    };
    let limit = page_limit(query.limit);
    Ok(Json(
        queries::revisions(&app, &brand, &filter, cursor, limit).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FreezeBody {
    /// Why, for people to read
    #[serde(default)]
    #[schema(example = "New York goes to the new form")]
    note: String,
}

/// Freeze the draft: a numbered revision that never changes again. Frozen already, it is the same one, with 200
#[utoipa::path(
    post, path = "/brands/{brand}/revisions", tag = "redirects", security(("api_key" = ["rules.edit"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), ("if-match" = String, Header)),
    request_body = FreezeBody,
    responses(
        (status = 201, body = RevisionView),
        (status = 200, body = RevisionView),
        (status = 412, description = "`draft_changed`"),
        (status = 422, description = "`rules_refused`"),
    )
)]
async fn freeze(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    IfMatch(seen): IfMatch,
    Json(FreezeBody { note }): Json<FreezeBody>,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let (app, brand) = (app.clone(), brand.clone());
        async move { commands::freeze(&app, &principal, &brand, Freeze { seen, note }).await }
    };
    let frozen = detached(&app, command).await?;
    let view = queries::revision(&app, &brand, frozen.revision).await?;
    let status = if frozen.fresh {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = format!("/v1/brands/{brand}/revisions/{}", frozen.revision);
    Ok((status, [(header::LOCATION, location)], Json(view)))
}

/// A revision without its rules
#[utoipa::path(
    get, path = "/brands/{brand}/revisions/{revision}", tag = "redirects",
    security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme"), ("revision" = i32, Path, example = 1)),
    responses((status = 200, body = RevisionView), (status = 404, description = "`revision_unknown`"))
)]
async fn show(
    State(app): State<App>,
    Path((brand, revision)): Path<(String, i32)>,
) -> Result<Json<RevisionView>, ApiError> {
    Ok(Json(queries::revision(&app, &brand, revision).await?))
}

/// A revision's rules
#[utoipa::path(
    get, path = "/brands/{brand}/revisions/{revision}/rules", tag = "redirects",
    security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme"), ("revision" = i32, Path, example = 1), FileQuery),
    responses((status = 200, content((Vec<Rule> = "application/json"), (String = "text/csv"))), (status = 404, description = "`revision_unknown`"))
)]
async fn show_rules(
    State(app): State<App>,
    Path((brand, revision)): Path<(String, i32)>,
    Query(query): Query<FileQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let bytes = queries::revision_file(&app, &brand, revision, query.format.kind()).await?;
    Ok(query.format.answer(bytes))
}
