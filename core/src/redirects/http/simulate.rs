use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::IntoResponse;
use marquee_shared::rules::{Expectation, TestCase};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, Query, detached, etag};
use crate::redirects::Error;
use crate::redirects::commands;
use crate::redirects::queries::{self, Simulate, Simulated, TestRun, Which};
use crate::redirects::simulation::ProfileBody;

/// 100,000 visitors of some 160 bytes.
const MAX_FILE_BYTES: usize = 16 << 20;

pub(super) fn routes() -> OpenApiRouter<App> {
    let files = OpenApiRouter::new()
        .routes(routes!(simulate_file))
        .layer(DefaultBodyLimit::max(MAX_FILE_BYTES));
    OpenApiRouter::new()
        .routes(routes!(simulate))
        .routes(routes!(run_tests))
        .routes(routes!(list_tests))
        .routes(routes!(save_test, remove_test))
        .merge(files)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SimulateBody {
    visitor: ProfileBody,
    /// `draft`, which it is unless given, `live`, `canary` or a revision's number
    #[serde(default)]
    #[schema(example = "draft")]
    of: Option<String>,
    /// When the visitor comes; now unless given
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(example = "2026-12-24T18:00:00Z")]
    at: Option<OffsetDateTime>,
    /// Trace what sets this variable; what decides the destination unless given
    #[serde(default)]
    #[schema(example = "phone")]
    trace_variable: Option<String>,
    /// Rules to speak of in the trace in any case, at most 100
    #[serde(default)]
    #[schema(example = json!([41]), max_items = 100)]
    about: Vec<u32>,
}

/// What would become of one visitor, and why
///
/// Decided by the same code as at the edge, with every rule that was considered and where it lost.
#[utoipa::path(
    post, path = "/brands/{brand}/simulate", tag = "redirects", security(("api_key" = ["rules.read"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme")), request_body = SimulateBody,
    responses(
        (status = 200, body = Simulated),
        (status = 404, description = "`brand_unknown`, `revision_unknown`"),
        (status = 409, description = "`not_live`, `no_canary`"),
        (status = 422, description = "`visitor_invalid`; `rules_refused` for a draft that cannot be compiled"),
    )
)]
async fn simulate(
    State(app): State<App>,
    Path(brand): Path<String>,
    Json(body): Json<SimulateBody>,
) -> Result<Json<Simulated>, ApiError> {
    let mut rules = body.about;
    rules.truncate(100);
    let simulate = Simulate {
        which: which(body.of.as_deref())?,
        visitor: body.visitor.into(),
        at: body.at,
        variable: body.trace_variable,
        rules,
    };
    Ok(Json(queries::simulate(&app, &brand, simulate).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FileQuery {
    /// `draft`, which it is unless given, `live`, `canary` or a revision's number
    #[param(example = "live")]
    of: Option<String>,
    /// When the visitors come; now unless given
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-12-24T18:00:00Z")]
    at: Option<OffsetDateTime>,
}

/// What would become of every visitor in a file
///
/// CSV with a header: `zip` and `product`, and if wanted `language`, `device`, `media`, `vid`, `query`; at most
/// 100,000 lines. Comes back with the columns `outcome`, `rule`, `variant`, `location`, `state`, `zip_known` and
/// `error`.
#[utoipa::path(
    post, path = "/brands/{brand}/simulate/file", tag = "redirects", security(("api_key" = ["rules.read"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), FileQuery),
    request_body(content = String, content_type = "text/csv", example = "zip,product\r\n10001,auto\r\n"),
    responses(
        (status = 200, body = String, content_type = "text/csv"),
        (status = 404, description = "`brand_unknown`, `revision_unknown`"),
        (status = 409, description = "`not_live`, `no_canary`"),
        (status = 422, description = "`visitor_invalid`, `rules_refused`"),
    )
)]
async fn simulate_file(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(FileQuery { of, at }): Query<FileQuery>,
    file: axum::body::Bytes,
) -> Result<impl IntoResponse, ApiError> {
    let which = which(of.as_deref())?;
    let answered = queries::simulate_file(&app, &brand, which, at, file.into(), |_| {}).await?;
    Ok((
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")],
        answered,
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TestsQuery {
    /// `draft`, which it is unless given, `live`, `canary` or a revision's number
    #[param(example = "draft")]
    of: Option<String>,
}

/// Run a brand's test cases
#[utoipa::path(
    get, path = "/brands/{brand}/test-run", tag = "redirects", security(("api_key" = ["rules.read"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), TestsQuery),
    responses(
        (status = 200, body = TestRun),
        (status = 409, description = "`not_live`"),
        (status = 422, description = "`rules_refused`"),
    )
)]
async fn run_tests(
    State(app): State<App>,
    Path(brand): Path<String>,
    Query(TestsQuery { of }): Query<TestsQuery>,
) -> Result<Json<TestRun>, ApiError> {
    Ok(Json(
        queries::run_tests(&app, &brand, which(of.as_deref())?).await?,
    ))
}

/// A test case as it is saved.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTestCase)]
struct CaseBody {
    visitor: ProfileBody,
    /// When the visitor comes; whenever the test is run unless given
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(example = "2026-12-24T18:00:00Z")]
    at: Option<OffsetDateTime>,
    /// `outcome`, `rule`, `variant` and `location`, of which one at least; `location` may end in `*`
    #[schema(example = json!({ "outcome": "redirect", "location": "https://quotes.acme.example/*" }))]
    expect: Expectation,
}

#[derive(Serialize, ToSchema)]
struct CaseList {
    /// As saved, with names
    items: Vec<TestCase>,
    /// Always `null`: there are at most 1,000
    next_cursor: Option<String>,
}

/// The draft's test cases
#[utoipa::path(
    get, path = "/brands/{brand}/draft/tests", tag = "redirects", security(("api_key" = ["rules.read"])),
    params(("brand" = String, Path, example = "acme")),
    responses((status = 200, body = CaseList, headers(("etag" = String))))
)]
async fn list_tests(
    State(app): State<App>,
    Path(brand): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let (version, settings) = queries::draft_settings(&app, &brand).await?;
    let list = CaseList {
        items: settings.tests,
        next_cursor: None,
    };
    Ok((etag(version), Json(list)))
}

/// Save a test case in the draft
///
/// It is run at every validation, and nothing is published while it fails.
#[utoipa::path(
    put, path = "/brands/{brand}/draft/tests/{name}", tag = "redirects", security(("api_key" = ["rules.edit"])),
    params(
        ("brand" = String, Path, example = "acme"), ("name" = String, Path, example = "new-york"),
        ("if-match" = String, Header)
    ),
    request_body = CaseBody,
    responses(
        (status = 200, body = TestCase, headers(("etag" = String))),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`"),
        (status = 422, description = "`body_invalid`, `too_many_tests`"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn save_test(
    State(app): State<App>,
    principal: Principal,
    Path((brand, name)): Path<(String, String)>,
    IfMatch(seen): IfMatch,
    Json(CaseBody { visitor, at, expect }): Json<CaseBody>,
) -> Result<impl IntoResponse, ApiError> {
    let test = TestCase {
        name,
        visitor: visitor.into(),
        at,
        expect,
    };
    let command = {
        let (app, test) = (app.clone(), test.clone());
        async move { commands::save_test(&app, &principal, &brand, seen, test).await }
    };
    let version = detached(&app, command).await?;
    Ok((etag(version), Json(test)))
}

/// Take a test case out of the draft
#[utoipa::path(
    delete, path = "/brands/{brand}/draft/tests/{name}", tag = "redirects",
    security(("api_key" = ["rules.edit"])),
    params(
        ("brand" = String, Path, example = "acme"), ("name" = String, Path, example = "new-york"),
        ("if-match" = String, Header)
    ),
    responses(
        (status = 204, headers(("etag" = String))),
        (status = 404, description = "`brand_unknown`, `test_unknown`"),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn remove_test(
    State(app): State<App>,
    principal: Principal,
    Path((brand, name)): Path<(String, String)>,
    IfMatch(seen): IfMatch,
) -> Result<impl IntoResponse, ApiError> {
    let command = {
        let app = app.clone();
        async move { commands::remove_test(&app, &principal, &brand, seen, &name).await }
    };
    let version = detached(&app, command).await?;
    Ok((axum::http::StatusCode::NO_CONTENT, etag(version)))
}

fn which(of: Option<&str>) -> Result<Which, Error> {
    of.map_or(Ok(Which::Draft), str::parse)
}
