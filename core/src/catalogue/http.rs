//! Routes, bodies, and errors as statuses. Thin.

mod agencies;
mod applications;
mod bank_details;
mod body;
mod categories;
mod error;
mod me;
mod shares;
mod staff;
mod talents;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(categories::routes())
        .merge(talents::routes())
        .merge(me::routes())
        .merge(staff::routes())
        .merge(applications::routes())
        .merge(agencies::routes())
        .merge(shares::routes())
        .merge(bank_details::routes())
}
