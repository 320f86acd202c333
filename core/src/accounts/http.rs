//! Routes, bodies, and errors as statuses. Thin.

mod error;
mod keys;
mod me;
mod staff;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(me::routes())
        .merge(staff::routes())
        .merge(keys::routes())
}
