//! Routes, bodies, and errors as statuses. Thin.

mod brands;
mod diff;
mod draft;
mod error;
mod live;
mod parts;
mod policy;
mod requests;
mod revisions;
mod search;
mod simulate;
mod status;
mod validation;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(brands::routes())
        .merge(draft::routes())
        .merge(revisions::routes())
        .merge(search::routes())
        .merge(live::routes())
        .merge(policy::routes())
        .merge(requests::routes())
        .merge(status::routes())
        .merge(validation::routes())
        .merge(simulate::routes())
        .merge(diff::routes())
}
