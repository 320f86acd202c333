//! A brand's draft: as files, and piece by piece.

mod bulk;
mod files;
mod products;
mod rules;
mod settings;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(files::routes())
        .merge(settings::routes())
        .merge(products::routes())
        .merge(rules::routes())
        .merge(bulk::routes())
}
