//! The books, to read. Nobody writes into them but what happened to money.

mod error;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::queries::{
    self, AccountFilter, AccountView, EntryView, TransactionFilter, TransactionView, TrialLine,
};
use super::{AccountKind, Error, TransactionKind};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query};
use crate::money::Currency;
use crate::platform::paging::{List, Page};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(trial_balance))
        .routes(routes!(balances))
        .routes(routes!(balance))
        .routes(routes!(entries))
        .routes(routes!(transactions))
        .routes(routes!(transaction))
}

/// What all accounts come to.
#[derive(Serialize, ToSchema)]
struct TrialBalance {
    /// By currency and kind of account; the balances of a currency come to 0
    items: Vec<TrialLine>,
}

/// What all accounts come to, by currency and kind
#[utoipa::path(get, path = "/books/trial-balance", tag = "books",
    security(("api_key" = ["books.read"])), responses((status = 200, body = TrialBalance)))]
async fn trial_balance(State(app): State<App>) -> Result<Json<TrialBalance>, ApiError> {
    let items = queries::trial_balance(&mut *app.db.acquire().await?).await?;
    Ok(Json(TrialBalance { items }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct BalancesQuery {
    #[param(inline)]
    kind: Option<AccountKind>,
    /// Of this talent or agency
    owner: Option<Uuid>,
    #[param(inline, example = "BRL")]
    currency: Option<Currency>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Every account and what its entries come to, newest account first
#[utoipa::path(get, path = "/books/balances", tag = "books", params(BalancesQuery),
    security(("api_key" = ["books.read"])), responses((status = 200, body = List<AccountView>)))]
async fn balances(
    State(app): State<App>,
    Query(query): Query<BalancesQuery>,
) -> Result<Json<List<AccountView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = AccountFilter {
        kind: query.kind,
        owner: query.owner,
        currency: query.currency,
    };
    Ok(Json(
        queries::accounts(&mut *app.db.acquire().await?, &filter, page).await?,
    ))
}

/// One account and what its entries come to
#[utoipa::path(get, path = "/books/balances/{id}", tag = "books", params(("id" = Uuid, Path)),
    security(("api_key" = ["books.read"])),
    responses((status = 200, body = AccountView), (status = 404, description = "`account_unknown`")))]
async fn balance(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<AccountView>, ApiError> {
    let account = queries::account(&mut *app.db.acquire().await?, id).await?;
    account.map(Json).ok_or_else(|| Error::NoAccount.into())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EntriesQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What moved one account, newest first
#[utoipa::path(get, path = "/books/balances/{id}/entries", tag = "books",
    params(("id" = Uuid, Path), EntriesQuery), security(("api_key" = ["books.read"])),
    responses((status = 200, body = List<EntryView>), (status = 404, description = "`account_unknown`")))]
async fn entries(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<List<EntryView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    queries::account(&mut conn, id).await?.ok_or(Error::NoAccount)?;
    Ok(Json(queries::entries(&mut conn, id, page).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TransactionsQuery {
    #[param(inline)]
    kind: Option<TransactionKind>,
    /// What it is about
    #[param(example = "payment/019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    cause: Option<String>,
    /// What happened, by name
    #[param(example = "capture/019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    reference: Option<String>,
    /// That moved this account
    account: Option<Uuid>,
    /// Occurred at or after this time
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-11-01T00:00:00Z")]
    from: Option<OffsetDateTime>,
    /// Occurred before this time
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-12-01T00:00:00Z")]
    to: Option<OffsetDateTime>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What happened to money, newest first
#[utoipa::path(get, path = "/books/transactions", tag = "books", params(TransactionsQuery),
    security(("api_key" = ["books.read"])), responses((status = 200, body = List<TransactionView>)))]
async fn transactions(
    State(app): State<App>,
    Query(query): Query<TransactionsQuery>,
) -> Result<Json<List<TransactionView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = TransactionFilter {
        kind: query.kind,
        cause: query.cause,
        reference: query.reference,
        account: query.account,
        from: query.from,
        to: query.to,
    };
    Ok(Json(
        queries::transactions(&mut *app.db.acquire().await?, &filter, page).await?,
    ))
}

/// One thing that happened to money
#[utoipa::path(get, path = "/books/transactions/{id}", tag = "books", params(("id" = Uuid, Path)),
    security(("api_key" = ["books.read"])),
    responses((status = 200, body = TransactionView), (status = 404, description = "`transaction_unknown`")))]
async fn transaction(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Json<TransactionView>, ApiError> {
    let transaction = queries::transaction(&mut *app.db.acquire().await?, id).await?;
    transaction.map(Json).ok_or_else(|| Error::NoTransaction.into())
}
