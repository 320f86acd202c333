//! Routes, bodies, and errors as statuses. Thin.

mod actions;
mod error;
mod holder;
mod mine;
mod orders;
mod promotions;
mod quotes;
mod wait;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(promotions::routes())
        .merge(quotes::routes())
        .merge(orders::routes())
        .merge(actions::routes())
        .merge(mine::routes())
}
