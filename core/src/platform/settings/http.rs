use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::config::Setting;
use crate::http::Json;
use crate::platform::paging::List;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What the process that answers this was told when it was started; of secrets only whether they are set
///
/// All of it is on one page. Nothing can be changed here: settings are flags and variables of the environment.
#[utoipa::path(get, path = "/settings", tag = "settings", security(("api_key" = ["settings.read"])),
    responses((status = 200, body = List<Setting>)))]
async fn list(State(app): State<App>) -> Json<List<Setting>> {
    Json(List {
        items: app.config.settings.clone(),
        next_cursor: None,
    })
}
