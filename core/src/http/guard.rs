//! Lets a request through when the caller has the permission that the operation's OpenAPI entry names, where it
//! needs it. What the document says is what is enforced, so the two cannot drift:
//!
//! - `security(("api_key" = ["rules.read"]))` names the permission. `["…"]` of nothing, `[]`, lets in whoever is
//!   known. `security(("session" = []))` lets in people who are signed in, and no key. `security(())` lets in
//!   everybody, and does not look whom; with another after it, `security((), ("session" = []))`, who says who they are
//!   must be who they say. `security(("order_key" = []), …)` lets in who is known and who has an order's key: the handler
//!   says what each may. An operation that says nothing is closed to everybody.
//! - A path with `{brand}` needs it on that brand. Every other needs it everywhere, unless the extension
//!   `x-scope` says `query` (on the brands that the parameter `brand` names, everywhere if there are none),
//!   `answer` (somewhere: the handler answers with what the caller may see) or `own` (people need not have it:
//!   the handler lets them at what is theirs).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderName, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use url::form_urlencoded;
use utoipa::openapi::OpenApi;

use super::ApiError;
use crate::access::{Denied, Forbidden, Permission, Principal};
use crate::accounts::{self, Token};
use crate::app::App;

/// By which whoever ordered without an account opens their order.
pub const X_ORDER_KEY: HeaderName = HeaderName::from_static("x-order-key");

/// By path: the documented methods, and what each needs. `None`: nobody may.
type Needs = HashMap<String, Vec<(Method, Option<Need>)>>;

#[derive(Clone, Copy)]
enum Need {
    /// Nothing.
    Nobody,
    /// Nothing, but who says who they are must be let in.
    Anybody,
    /// To be known, or to have an order's key.
    Holder,
    /// To be a person who is signed in.
    SignedIn,
    /// To be known.
    Known,
    Permission(Permission, Place),
}

#[derive(Clone, Copy)]
enum Place {
    Everywhere,
    /// `{brand}`
    Path,
    /// `?brand=`
    Query,
    Answer,
    Own,
}

pub(super) fn layer(api: Router<App>, document: &OpenApi, app: &App) -> Router<App> {
    let needs = Arc::new(needs(document));
    api.route_layer(from_fn_with_state((app.clone(), needs), guard))
}

async fn guard(
    State((app, needs)): State<(App, Arc<Needs>)>,
    path: MatchedPath,
    params: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let documented = needs.get(path.as_str()).map_or(&[][..], Vec::as_slice);
    // A HEAD is answered by what answers GET.
    let method = if request.method() == Method::HEAD {
        &Method::GET
    } else {
        request.method()
    };
    let need = documented.iter().find(|(known, _)| known == method);
    if let Some((_, Some(Need::Nobody))) = need {
        return Ok(next.run(request).await);
    }
    let headers = request.headers();
    let says_who = headers.contains_key(header::AUTHORIZATION);
    match need {
        Some((_, Some(Need::Anybody))) if !says_who => return Ok(next.run(request).await),
        Some((_, Some(Need::Holder))) if !says_who && headers.contains_key(X_ORDER_KEY) => {
            return Ok(next.run(request).await);
        }
        _ => {}
    }
    let token = bearer(&request).ok_or_else(ApiError::unauthorized)?;
    let principal = accounts::authenticate(&app, &token).await?;
    let principal = principal.ok_or_else(ApiError::unauthorized)?;
    match need {
        Some((_, Some(Need::Nobody | Need::Anybody | Need::Holder | Need::Known))) => {}
        Some((_, Some(Need::SignedIn))) if principal.signed_in.is_some() => {}
        Some((_, Some(Need::SignedIn))) => return Err(ApiError::session_needed()),
        Some((_, Some(Need::Permission(permission, place)))) => {
            let params = params.map_err(|_| ApiError::no_such_path())?;
            permit(&principal, *permission, *place, &params, request.uri().query())?;
        }
        Some((_, None)) => return Err(ApiError::forbidden_to_all()),
        None => return Ok(other_method(documented)),
    }
    request.extensions_mut().insert(principal);
    Ok(next.run(request).await)
}

fn permit(
    principal: &Principal,
    permission: Permission,
    place: Place,
    params: &RawPathParams,
    query: Option<&str>,
) -> Result<(), Denied> {
    match place {
        Place::Everywhere => principal.permit(permission)?,
        Place::Path => {
            let mut brands = params.iter().filter(|(name, _)| *name == BRAND);
            brands.try_for_each(|(_, brand)| principal.permit_brand(permission, brand))?;
        }
        Place::Query => {
            // Read as the handler reads it. One that is said twice it refuses; until then each counts.
            let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
            let brands: Vec<_> = pairs.filter(|(name, _)| name == BRAND).collect();
            if brands.is_empty() {
                principal.permit(permission)?;
            }
            let mut brands = brands.iter();
            brands.try_for_each(|(_, brand)| principal.permit_brand(permission, brand))?;
        }
        Place::Answer if principal.brands(permission).is_nowhere() => {
            let missing = None;
            return Err(Forbidden { permission, missing }.into());
        }
        Place::Own if principal.staff.is_none() => principal.permit(permission)?,
        Place::Answer | Place::Own => {}
    }
    Ok(())
}

/// What the document does not have is not answered, even if a handler were there.
fn other_method(documented: &[(Method, Option<Need>)]) -> Response {
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

/// What a path calls the brand it is about, and a query, too.
const BRAND: &str = "brand";

fn needs(document: &OpenApi) -> Needs {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut needs = Needs::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else {
                continue;
            };
            let need = need(path, operation);
            needs.entry(path.clone()).or_default().push((method, need));
        }
    }
    needs
}

fn need(path: &str, operation: &Value) -> Option<Need> {
    let ways = operation["security"].as_array()?;
    let security = ways.first()?.as_object()?;
    if security.is_empty() {
        return Some(if ways.len() == 1 {
            Need::Nobody
        } else {
            Need::Anybody
        });
    }
    if security.contains_key("order_key") {
        return Some(Need::Holder);
    }
    if security.contains_key("session") {
        return Some(Need::SignedIn);
    }
    let permission = match security.get("api_key")?.as_array()?.as_slice() {
        [] => return Some(Need::Known),
        [permission] => Permission::parse(permission.as_str()?)?,
        _ => return None,
    };
    let place = match operation["x-scope"].as_str() {
        // Whatever else it says: who has no business with the brand does not get past it.
        _ if path.split('/').any(|segment| segment == "{brand}") => Place::Path,
        None => Place::Everywhere,
        Some("query") => Place::Query,
        Some("answer") => Place::Answer,
        Some("own") => Place::Own,
        Some(_) => return None,
    };
    Some(Need::Permission(permission, place))
}
