//! Routes, bodies, and errors as statuses. Thin.

mod error;
mod promotions;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(promotions::routes())
}
