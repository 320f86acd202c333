//! Lets a request through when the caller has the permission that the operation's OpenAPI entry names:
//! `security(("api_key" = ["rules_read"]))`. What the document says is what is enforced, so the two cannot
//! drift, and a route that says nothing is closed to everybody.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use utoipa::openapi::OpenApi;

use super::ApiError;
use crate::access::Permission;
use crate::accounts::{self, Token};
use crate::app::App;

type Needs = HashMap<(Method, String), Option<Permission>>;

pub(super) fn layer(api: Router<App>, document: &OpenApi, app: App) -> Router<App> {
    if !api.has_routes() {
        return api;
    }
    let needs = Arc::new(needs(document));
    api.route_layer(from_fn_with_state((app, needs), guard))
}

async fn guard(
    State((app, needs)): State<(App, Arc<Needs>)>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let token = bearer(&request).ok_or_else(ApiError::unauthorized)?;
    let principal = accounts::authenticate(&app, &token)
        .await
        .map_err(ApiError::unexpected)?;
    let principal = principal.ok_or_else(ApiError::unauthorized)?;
    // A HEAD is answered by the GET route, and needs what that needs. A method that the document does not
    // have is not answered at all.
    let method = if request.method() == Method::HEAD {
        Method::GET
    } else {
        request.method().clone()
    };
    match needs.get(&(method, path.as_str().to_owned())) {
        Some(Some(permission)) => principal.permit(*permission)?,
        Some(None) => return Err(ApiError::forbidden_to_all()),
        None => {}
    }
    request.extensions_mut().insert(principal);
    Ok(next.run(request).await)
}

fn bearer(request: &Request) -> Option<Token> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Token::parse(token.trim())
    } else {
        None
    }
}

/// The permission each operation names; `None` where it names none or one that does not exist.
fn needs(document: &OpenApi) -> Needs {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut needs = Needs::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else {
                continue;
            };
            let scope = operation["security"][0]["api_key"][0].as_str();
            needs.insert((method, path.clone()), scope.and_then(Permission::parse));
        }
    }
    needs
}
