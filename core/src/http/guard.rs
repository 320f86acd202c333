//! Lets a request through when the caller has the permission that the operation's OpenAPI entry names:
//! `security(("api_key" = ["rules.read"]))`. What the document says is what is enforced, so the two cannot
//! drift, and a route that says nothing is closed to everybody.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::OpenApi;

use super::ApiError;
use crate::access::Permission;
use crate::accounts::{self, Token};
use crate::app::App;

/// By path: the documented methods, and the permission each names. `None` where it names none, or one that
/// does not exist.
type Needs = HashMap<String, Vec<(Method, Option<Permission>)>>;

pub(super) fn layer(api: Router<App>, document: &OpenApi, app: &App) -> Router<App> {
    let needs = Arc::new(needs(document));
    api.route_layer(from_fn_with_state((app.clone(), needs), guard))
}

async fn guard(
    State((app, needs)): State<(App, Arc<Needs>)>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let token = bearer(&request).ok_or_else(ApiError::unauthorized)?;
    let principal = accounts::authenticate(&app, &token).await?;
    let principal = principal.ok_or_else(ApiError::unauthorized)?;
    let documented = needs.get(path.as_str()).map_or(&[][..], Vec::as_slice);
    // A HEAD is answered by what answers GET.
    let method = if request.method() == Method::HEAD {
        &Method::GET
    } else {
        request.method()
    };
    match documented.iter().find(|(known, _)| known == method) {
        Some((_, Some(permission))) => principal.permit(*permission)?,
        Some((_, None)) => return Err(ApiError::forbidden_to_all()),
        None => return Ok(other_method(documented)),
    }
    request.extensions_mut().insert(principal);
    Ok(next.run(request).await)
}

/// What the document does not have is not answered, even if a handler were there.
fn other_method(documented: &[(Method, Option<Permission>)]) -> Response {
    let allow: Vec<&str> = documented.iter().map(|(method, _)| method.as_str()).collect();
    (
        [(header::ALLOW, allow.join(", "))],
        ApiError::method_not_allowed(),
    )
        .into_response()
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

fn needs(document: &OpenApi) -> Needs {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut needs = Needs::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else {
                continue;
            };
            let scope = operation["security"][0]["api_key"][0].as_str();
            let permission = scope.and_then(Permission::parse);
            needs.entry(path.clone()).or_default().push((method, permission));
        }
    }
    needs
}
