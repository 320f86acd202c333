//! Pages, what they are made of, and what their forms do.

mod api;
mod assets;
mod cookies;
mod forms;
mod headers;
mod page;
mod passage;
mod viewer;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use serde_json::Value;

use self::api::Api;
use super::domain::{Operations, Page};
use super::templates::Templates;
use crate::app::App;

/// What every handler of this feature has at hand.
#[derive(Clone)]
struct Console {
    app: App,
    api: Api,
    operations: Arc<Operations>,
    templates: Arc<Templates>,
    pages: Arc<[Arc<Page>]>,
}

/// All pages. `api` answers `/v1`, as `document` (OpenAPI) says.
pub fn routes(app: &App, api: Router, document: Value) -> Router<App> {
    let templates = Templates::new(app);
    let console = Console {
        pages: templates.pages().map(Arc::new).collect(),
        app: app.clone(),
        api: Api::new(api),
        operations: Arc::new(Operations::new(document)),
        templates: Arc::new(templates),
    };
    let mut pages = Router::new();
    for page in &*console.pages {
        pages = pages.route(&page.path, get(page::show(Arc::clone(page))));
    }
    pages
        .route("/act/{*path}", post(forms::act))
        .route("/locale", post(forms::choose_locale))
        .route("/orders/{id}/open", post(forms::open_order))
        .layer(from_fn(headers::private))
        .route("/api/{*path}", any(passage::pass))
        .layer(from_fn_with_state(console.clone(), headers::secure))
        .route("/assets/{name}", get(assets::serve))
        .with_state(console)
}
