//! Routes, bodies, and errors as statuses. Thin.

mod error;
mod files;
mod payouts;
mod statements;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(payouts::routes())
        .merge(files::routes())
        .merge(statements::routes())
}
