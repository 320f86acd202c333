//! Routes, bodies, and errors as statuses. Thin.

mod actions;
mod agencies;
mod error;
mod holder;
mod mine;
mod orders;
mod payers;
mod promotions;
mod quotes;
mod redo;
mod refunds;
mod search;
mod videos;
mod wait;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(quotes::routes())
        .merge(orders::routes())
        .merge(actions::routes())
        .merge(mine::routes())
        .merge(promotions::routes())
        .merge(payers::routes())
        .merge(refunds::routes())
        .merge(redo::routes())
        .merge(search::routes())
        .merge(agencies::routes())
        .merge(videos::routes())
}
