use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::locale::Locale;
use crate::payouts::{Format, Report, commands};

/// The largest file that is taken in: some 50,000 lines.
const MOST_BYTES: usize = 16 << 20;
const SHA256: HeaderName = HeaderName::from_static("x-content-sha256");

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(import))
        .layer(axum::extract::DefaultBodyLimit::max(MOST_BYTES))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FileQuery {
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// Of the heading
    #[serde(default)]
    #[param(inline)]
    locale: Locale,
}

/// The file for the bank (CSV): the same bytes each time
#[utoipa::path(get, path = "/payouts/{id}/file", tag = "payouts", params(("id" = Uuid, Path), FileQuery),
    security(("api_key" = ["payouts.read"])), extensions(("x-within-seconds" = json!(120))),
    responses(
        (status = 200, content((String = "text/csv")),
            headers(("content-disposition" = String), ("x-content-sha256" = String))),
        (status = 404, description = "`payout_unknown`"),
        (status = 409, description = "`illegal_transition`: it was not approved"),
    ))]
async fn export(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Query(query): Query<FileQuery>,
) -> Result<Response, ApiError> {
    let command = app.clone();
    let content = detached(&app, async move {
        commands::export(&command, &by, id, query.format, query.locale).await
    })
    .await?;
    let sha256: String = Sha256::digest(&content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"marquee-payout-{id}.csv\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (SHA256, sha256),
    ];
    Ok((head, content).into_response())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// Only look what would be done
    #[serde(default)]
    dry_run: bool,
}

/// Say what became of a payout: the exported file, with `Pago?` or `Paid?` filled in
///
/// Each line is settled for itself, so that what cannot be settled keeps nothing else from it. The same file again does
/// nothing more.
#[utoipa::path(post, path = "/payouts/{id}/results", tag = "payouts", params(("id" = Uuid, Path), ImportQuery),
    request_body(content = String, content_type = "text/csv",
        example = "Email,Nº de viggios,Total,Nome,Conta Corrente,Dígito,Agência,CPF/CNPJ,Banco,Pago?\nana@acme.example,2,149.92,Ana Silva,12345,6,0001,12345678901,341 - Itau,sim\n"),
    security(("api_key" = ["payouts.create"])),
    extensions(("x-within-seconds" = json!(300))),
    responses(
        (status = 200, body = Report),
        (status = 404, description = "`payout_unknown`"),
        (status = 409, description = "`illegal_transition`: it was not approved"),
        (status = 413, description = "`body_too_large`: at most 16 MiB"),
        (status = 422, description = "`file_invalid`"),
    ))]
async fn import(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Query(query): Query<ImportQuery>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Report>, ApiError> {
    let body = body?;
    let command = app.clone();
    let report = detached(&app, async move {
        commands::import(&command, &by, id, &body, query.dry_run, &|_, _| ()).await
    });
    Ok(Json(report.await?))
}
