use axum::extract::State;
use axum::response::IntoResponse;
use marquee_shared::rules::object;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, IfMatch, Json, Path, detached, etag};
use crate::redirects::commands::{self, Bulk, BulkReport};
use crate::redirects::{BulkAction, RuleFilter};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(change_many))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    /// Which rules; every one unless something is given
    #[serde(default, deserialize_with = "object")]
    #[schema(example = json!({ "url": "quotes.acme.example" }))]
    filter: RuleFilter,
    #[schema(example = json!({
        "do": "replace_host", "from": "quotes.acme.example", "to": "forms.acme.example"
    }))]
    action: BulkAction,
    /// Answer what would change, and change nothing
    #[serde(default)]
    dry_run: bool,
}

/// Make one change to every rule of the draft that has all of this in common
#[utoipa::path(
    post, path = "/brands/{brand}/draft/rules/bulk", tag = "redirects", security(("api_key" = ["rules.edit"])),
    extensions(("x-within-seconds" = json!(300))),
    params(("brand" = String, Path, example = "acme"), ("if-match" = String, Header)),
    request_body = BulkBody,
    responses(
        (status = 200, body = BulkReport, headers(("etag" = String))),
        (status = 409, description = "`brand_retired`"),
        (status = 412, description = "`draft_changed`: `edited_by`, `edited_at` and `current` say who, when, what"),
        (status = 422, description = "`body_invalid`: a value that no rule can have, or all rules to be deleted"),
        (status = 428, description = "`if_match_required`"),
    )
)]
async fn change_many(
    State(app): State<App>,
    principal: Principal,
    Path(brand): Path<String>,
    IfMatch(seen): IfMatch,
    Json(body): Json<BulkBody>,
) -> Result<impl IntoResponse, ApiError> {
    let BulkBody {
        filter,
        action,
        dry_run,
    } = body;
    let bulk = Bulk {
        filter,
        action,
        dry_run,
        seen,
    };
    let command = {
        let app = app.clone();
        async move { commands::change_many(&app, &principal, &brand, bulk).await }
    };
    let report = detached(&app, command).await?;
    Ok((etag(report.version), Json(report)))
}
