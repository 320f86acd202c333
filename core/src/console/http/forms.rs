//! `POST /act/v1/…`: what a form asks the API to do. Fields whose names begin with `_` are for us:
//!
//! - `_csrf`: what the browser's cookie says, too;
//! - `_back`: the page that the form is on, shown again with what is wrong;
//! - `_next`: where to go when it is done, with gaps for what the API answered: `/admin/talents/{id}`;
//! - `_done`: what is said there;
//! - `_show`: instead of those, the template that shows the answer: for secrets that are seen once;
//! - `_method`, `_if_match`, `_key` (`Idempotency-Key`): of the request, which is a `POST` otherwise;
//! - `_query.NAME`: a parameter of its query;
//! - `_raw`: its whole body, CSV or cells of a spreadsheet, instead of fields;
//! - `_was.NAME`: what a field that is a map said before, so that a merge patch takes out what is gone.

use axum::extract::rejection::RawFormRejection;
use axum::extract::{Path, RawForm, State};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::api::Answer;
use super::headers::is_of_ours;
use super::page::{Refused, View, pairs, sign_in};
use super::viewer::Viewer;
use super::{Console, cookies};
use crate::console::domain::{Operations, as_csv, body, escaped};
use crate::http::{ApiError, X_ORDER_KEY};
use crate::locale::Locale;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CSV: &str = "text/csv";
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// What answers with somebody who is now signed in.
const SIGNS_IN: [&str; 2] = ["/v1/sessions", "/v1/accounts/confirm"];
/// Templates that show an answer.
const SHOWN: &str = "shown/";
const YEAR_SECONDS: i64 = 365 * 24 * 60 * 60;

struct Form {
    /// For the API.
    fields: Vec<(String, String)>,
    /// For us.
    ours: Vec<(String, String)>,
}

impl Form {
    /// # Errors
    /// It is not a form of one of our own pages.
    fn read(viewer: &Viewer, headers: &HeaderMap, form: &[u8]) -> Result<Self, ApiError> {
        let text = String::from_utf8_lossy(form);
        let (ours, fields): (Vec<_>, Vec<_>) = pairs(&text)
            .into_iter()
            .partition(|(name, _)| name.starts_with('_'));
        let form = Self { fields, ours };
        if is_of_ours(headers) && viewer.proves(form.ours("_csrf").unwrap_or_default()) {
            Ok(form)
        } else {
            Err(ApiError::csrf())
        }
    }

    fn ours(&self, name: &str) -> Option<&str> {
        let found = self
            .ours
            .iter()
            .find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Ours whose names begin like this, without that.
    fn below(&self, prefix: &str) -> Vec<(String, String)> {
        let ours = self.ours.iter();
        let below =
            ours.filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), value.clone())));
        below.collect()
    }

    /// Every field but those that each form has.
    fn own(&self) -> Vec<(String, String)> {
        const OF_EACH: [&str; 8] = [
            "_csrf",
            "_back",
            "_next",
            "_done",
            "_show",
            "_method",
            "_if_match",
            "_key",
        ];
        let ours = self.ours.iter();
        let own = ours.filter(|(name, _)| !OF_EACH.contains(&name.as_str()));
        self.fields.iter().chain(own).cloned().collect()
    }

    /// An address of ours, and nobody else's. Browsers skip tabs and line ends in it, and take `\` for `/`.
    fn address(&self, name: &str) -> Option<&str> {
        let address = self.ours(name)?;
        let is_plain = !address.contains(|sign: char| sign == '\\' || sign.is_control());
        (is_plain && address.starts_with('/') && !address.starts_with("//")).then_some(address)
    }

    /// The body that `method` of `path` wants, and its media type.
    fn body<'a>(&self, operations: &'a Operations, method: &str, path: &str) -> Option<(&'a str, String)> {
        if let Some((_, text)) = self.ours.iter().find(|(name, _)| name == "_raw")
            && operations.takes(method, path, CSV)
        {
            return Some((CSV, as_csv(text).into_owned()));
        }
        let wanted = operations.body(method, path)?;
        let body = body(operations, &wanted, &self.fields, &self.below("_was."));
        Some((wanted.kind, body.to_string()))
    }
}

pub(super) async fn act(
    State(console): State<Console>,
    viewer: Viewer,
    uri: Uri,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    let view = View {
        console: &console,
        viewer: &viewer,
        uri: &uri,
        refused: None,
    };
    let form = match form.map(|RawForm(form)| Form::read(&viewer, &headers, &form)) {
        Ok(Ok(form)) => form,
        // Whoever has had the page open for long is told so by a page.
        Ok(Err(_)) => return view.of_problem(StatusCode::FORBIDDEN, "csrf_refused").await,
        Err(rejection) => return view.of_problem(rejection.status(), "body_malformed").await,
    };
    let path = uri.path().strip_prefix("/act").unwrap_or_default();
    let address = address(path, uri.query(), &form);
    let method = form
        .ours("_method")
        .unwrap_or("POST")
        .parse()
        .unwrap_or(Method::POST);
    let (kind, body) = form.body(&console.operations, method.as_str(), path).unzip();
    let sent = [
        (CONTENT_TYPE, kind),
        (IF_MATCH, form.ours("_if_match")),
        (IDEMPOTENCY_KEY, form.ours("_key")),
        (PREFER, Some("wait=5")),
    ];
    let answer = console
        .api
        .tell(&viewer, method.clone(), &address, &sent, body)
        .await;
    if !answer.status.is_success() {
        return refuse(&console, &viewer, &uri, method, form, answer).await;
    }
    let mut response = match form.ours("_show") {
        Some(template) if template.starts_with(SHOWN) => {
            view.of_answer(template, &answer.body, sent_again(&uri, &method, &form))
                .await
        }
        _ => {
            let next = form.address("_next").or_else(|| form.address("_back"));
            Redirect::to(&filled(next.unwrap_or("/"), &answer.body)).into_response()
        }
    };
    let kept = response.headers_mut();
    remember(kept, &method, path, &answer, console.app.now());
    if let Some(done) = form.ours("_done") {
        cookies::keep(kept, cookies::DONE, &escaped(done), Some(60));
    }
    response
}

/// What is asked, with what the form adds to its query.
fn address(path: &str, query: Option<&str>, form: &Form) -> String {
    let mut query = query.map_or_else(Vec::new, pairs);
    query.extend(form.below("_query."));
    let mut address = path.to_owned();
    for (nth, (name, value)) in query.iter().enumerate() {
        address.push(if nth == 0 { '?' } else { '&' });
        address.push_str(&format!("{}={}", escaped(name), escaped(value)));
    }
    address
}

/// For a template that shows what would be done, and has a form that does it: where to, and every field of it but those
/// that each form has of its own.
fn sent_again(uri: &Uri, method: &Method, form: &Form) -> Value {
    json!({
        "action": uri.path(),
        "method": method.as_str(),
        "if_match": form.ours("_if_match"),
        "back": form.address("_back"),
        "fields": form.own(),
    })
}

/// The gaps that a form leaves in where it leads are the answer's.
fn filled(next: &str, answer: &Value) -> String {
    let mut filled = next.to_owned();
    for (name, value) in answer.as_object().into_iter().flatten() {
        if let Some(text) = value.as_str() {
            filled = filled.replace(&format!("{{{name}}}"), &escaped(text));
        }
    }
    filled
}

/// What the API gave to be shown again: who is signed in, and an order's key.
fn remember(kept: &mut HeaderMap, method: &Method, path: &str, answer: &Answer, now: OffsetDateTime) {
    let text = |name: &str| answer.body[name].as_str();
    if path == "/v1/sessions/current" && method == Method::DELETE {
        cookies::forget(kept, cookies::SESSION);
    } else if SIGNS_IN.contains(&path)
        && let (Some(token), Some(until)) = (text("token"), text("expires_at"))
    {
        let until = OffsetDateTime::parse(until, &Rfc3339).ok();
        let seconds = until.map(|until| (until - now).whole_seconds());
        cookies::keep(kept, cookies::SESSION, token, seconds);
    }
    if let (Some(key), Some(order)) = (answer.headers.get(X_ORDER_KEY), text("id"))
        && let (Ok(key), Ok(order)) = (key.to_str(), Uuid::try_parse(order))
    {
        cookies::keep(kept, &cookies::order_key(order), key, Some(YEAR_SECONDS));
    }
}

/// The page that the form is on, with what is wrong.
async fn refuse(
    console: &Console,
    viewer: &Viewer,
    uri: &Uri,
    method: Method,
    form: Form,
    answer: Answer,
) -> Response {
    let back = form.address("_back").unwrap_or("/").to_owned();
    let back: Uri = back.parse().unwrap_or_default();
    if answer.status == StatusCode::UNAUTHORIZED && answer.body["code"] == "unauthorized" {
        return sign_in(viewer, &back);
    }
    let refused = Refused {
        action: uri.path().to_owned(),
        method,
        if_match: form.ours("_if_match").map(str::to_owned),
        fields: form.own(),
        status: answer.status,
        problem: answer.body,
    };
    again(console, viewer, &back, refused).await
}

async fn again(console: &Console, viewer: &Viewer, back: &Uri, refused: Refused) -> Response {
    let view = View {
        console,
        viewer,
        uri: back,
        refused: Some(refused),
    };
    view.found().await
}

/// `_next`, in another language.
pub(super) async fn choose_locale(
    viewer: Viewer,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Result<Response, ApiError> {
    let form = Form::read(&viewer, &headers, &form)?;
    let locale = form.fields.iter().find(|(name, _)| name == "locale");
    let locale = locale
        .and_then(|(_, locale)| Locale::parse(locale))
        .unwrap_or_default();
    let mut response = Redirect::to(form.address("_next").unwrap_or("/")).into_response();
    cookies::keep(
        response.headers_mut(),
        cookies::LOCALE,
        locale.name(),
        Some(YEAR_SECONDS),
    );
    Ok(response)
}

/// Whoever has an order's key, from the link in their mail, opens it: the key is kept as a cookie.
pub(super) async fn open_order(
    State(console): State<Console>,
    viewer: Viewer,
    headers: HeaderMap,
    Path(order): Path<Uuid>,
    RawForm(form): RawForm,
) -> Result<Response, ApiError> {
    let form = Form::read(&viewer, &headers, &form)?;
    let key = form
        .fields
        .iter()
        .find(|(name, _)| name == "key")
        .map(|(_, key)| key.trim());
    let sent = [(X_ORDER_KEY, key)];
    let address = format!("/v1/orders/{order}");
    let answer = console
        .api
        .tell(&viewer, Method::GET, &address, &sent, None)
        .await;
    let back = format!("/orders/{order}");
    if let (StatusCode::OK, Some(key)) = (answer.status, key) {
        let mut response = Redirect::to(&back).into_response();
        cookies::keep(
            response.headers_mut(),
            &cookies::order_key(order),
            key,
            Some(YEAR_SECONDS),
        );
        return Ok(response);
    }
    let refused = Refused {
        action: format!("{back}/open"),
        method: Method::POST,
        if_match: None,
        fields: vec![],
        status: answer.status,
        problem: answer.body,
    };
    Ok(again(&console, &viewer, &back.parse().unwrap_or_default(), refused).await)
}
