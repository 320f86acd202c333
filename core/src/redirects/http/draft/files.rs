use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::IntoResponse;
use marquee_shared::rules::{Rule, RuleSet};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, Query, detached, etag};
use crate::redirects::commands::{self, Import, Scope};
use crate::redirects::http::parts::{FileQuery, MAX_FILE_BYTES, RulesFile};
use crate::redirects::queries::{self, FileKind};
use crate::redirects::{Progress, Report, WholeSet};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, replace))
        .routes(routes!(show_rules, replace_rules))
        .routes(routes!(replace_attributes))
        .layer(DefaultBodyLimit::max(MAX_FILE_BYTES))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// Report what would happen, and change nothing
    #[serde(default)]
    dry_run: bool,
    /// Put back the leading zeros that a spreadsheet ate (`2108` for 02108); each is reported
    #[serde(default)]
    repair_zips: bool,
    /// Of a workbook; the first unless given
    #[param(example = "Rules")]
    sheet: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RulesQuery {
    /// Report what would happen, and change nothing
    #[serde(default)]
    dry_run: bool,
    /// Put back the leading zeros that a spreadsheet ate (`2108` for 02108); each is reported
    #[serde(default)]
    repair_zips: bool,
    /// Of a workbook; the first unless given
    #[param(example = "Rules")]
    sheet: Option<String>,
    /// `original`: `text/csv` with the tables of the service that Marquee replaces
    #[param(inline, example = "original")]
    format: Option<Shape>,
}

#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum Shape {
    Original,
}

/// The draft whole, settings and rules, as a file that can be put back
#[utoipa::path(
    get, path = "/brands/{brand}/draft", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme")),
    responses((status = 200, body = RuleSet, headers(("etag" = String))))
)]
async fn show(State(app): State<App>, Path(brand): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let (version, bytes) = queries::draft_file(&app, &brand, FileKind::WholeJson).await?;
    Ok((etag(version), [(header::CONTENT_TYPE, "application/json")], bytes))
}

/// Replace the draft by a file: `{"settings":{…},"rules":[…]}`
#[utoipa::path(
    put, path = "/brands/{brand}/draft", tag = "redirects", security(("api_key" = ["rules.edit"])),
    extensions(("x-within-seconds" = json!(300))),
    params(
        ("brand" = String, Path, example = "acme"), ImportQuery,
        ("if-match" = String, Header)
    ),
    request_body(content = WholeSet, content_type = "application/json"),
    responses(
        (status = 200, body = Report, headers(("etag" = String))),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`"),
        (status = 422, description = "`import_refused`: `report` says line by line why; nothing was changed"),
    )
)]
async fn replace(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Query(query): Query<ImportQuery>,
    IfMatch(seen): IfMatch,
    file: RulesFile,
) -> Result<impl IntoResponse, ApiError> {
    import(app, principal, brand, query, seen, file, Scope::Draft).await
}

/// The draft's rules
#[utoipa::path(
    get, path = "/brands/{brand}/draft/rules", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme"), FileQuery),
    responses((status = 200, content((Vec<Rule> = "application/json"), (String = "text/csv")), headers(("etag" = String))))
)]
async fn show_rules(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(query): Query<FileQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let (version, bytes) = queries::draft_file(&app, &brand, query.format.kind()).await?;
    Ok((etag(version), query.format.answer(bytes)))
}

/// Replace the draft's rules by a file, CSV, JSON or a workbook (.xlsx), all of it or nothing
///
/// With `format=original`, CSV of the service that Marquee replaces: rows of `configuration`, `routing_single`,
/// `routing_multi` and `routing_multi_urls`, told apart by a column `table`; or, without it, configurations each with
/// its `url`. Short codes are read by the brand's aliases, an empty state or `NA` is any, and a rule with the
/// conditions of one in the draft keeps its number. Attribute rules stay, as that shape has none.
#[utoipa::path(
    put, path = "/brands/{brand}/draft/rules", tag = "redirects", security(("api_key" = ["rules.edit"])),
    extensions(("x-within-seconds" = json!(300))),
    params(
        ("brand" = String, Path, example = "acme"), RulesQuery,
        ("if-match" = String, Header)
    ),
    request_body(content(
        (String = "text/csv", example = "kind,rule,state,zip,url\r\nroute,1,NY,,https://quotes.acme.example/ny?zip={zip}\r\n"),
        (Vec<Rule> = "application/json"),
    )),
    responses(
        (status = 200, body = Report, headers(("etag" = String))),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`"),
        (status = 422, description = "`import_refused`: `report` says line by line why; nothing was changed"),
    )
)]
async fn replace_rules(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Query(query): Query<RulesQuery>,
    IfMatch(seen): IfMatch,
    mut file: RulesFile,
) -> Result<impl IntoResponse, ApiError> {
    let RulesQuery {
        dry_run,
        repair_zips,
        sheet,
        format,
    } = query;
    if let Some(Shape::Original) = format {
        file = file.original()?;
    }
    let query = ImportQuery {
        dry_run,
        repair_zips,
        sheet,
    };
    import(app, principal, brand, query, seen, file, Scope::Rules).await
}

/// Replace the draft's attribute rules by a file, and leave its routes alone: for a feed of phones and media codes
///
/// Columns are those of all rules, where `kind` may be left out; or, without `kind` and `vars`, conditions and a
/// column for each variable. A rule with the conditions and variables of one in the draft keeps its number.
#[utoipa::path(
    put, path = "/brands/{brand}/draft/attributes", tag = "redirects", security(("api_key" = ["rules.edit"])),
    extensions(("x-within-seconds" = json!(300))),
    params(
        ("brand" = String, Path, example = "acme"), ImportQuery,
        ("if-match" = String, Header, example = "\"7\"")
    ),
    request_body(
        content = String, content_type = "text/csv",
        example = "product,state,zip,phone,media_code\r\nauto,NY,,800-555-0100,NY1\r\n"
    ),
    responses(
        (status = 200, body = Report, headers(("etag" = String))),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`import_refused`: `report` says line by line why; nothing was changed"),
    )
)]
async fn replace_attributes(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    Query(query): Query<ImportQuery>,
    IfMatch(seen): IfMatch,
    file: RulesFile,
) -> Result<impl IntoResponse, ApiError> {
    import(app, principal, brand, query, seen, file, Scope::Attributes).await
}

async fn import(
    app: App,
    principal: Principal,
    brand: String,
    ImportQuery {
        dry_run,
        repair_zips,
        sheet,
    }: ImportQuery,
    seen: Option<i64>,
    RulesFile { bytes, format }: RulesFile,
    scope: Scope,
) -> Result<impl IntoResponse, ApiError> {
    let import = Import {
        bytes,
        format,
        scope,
        dry_run,
        repair_zips,
        sheet,
        seen,
        progress: Progress::untold(),
    };
    let command = {
        let app = app.clone();
        async move { commands::import(&app, &principal, &brand, import).await }
    };
    let report = detached(&app, command).await?;
    Ok((etag(report.version), Json(report)))
}
