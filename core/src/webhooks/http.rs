mod deliveries;
mod endpoints;
mod error;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(endpoints::routes())
        .merge(deliveries::routes())
}
