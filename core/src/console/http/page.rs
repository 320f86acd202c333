use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::viewer::Viewer;
use super::{Console, cookies, headers};
use crate::console::domain::{Audience, Page, escaped, params};

/// A page being looked at.
pub(super) struct View<'a> {
    pub(super) console: &'a Console,
    pub(super) viewer: &'a Viewer,
    pub(super) uri: &'a Uri,
    /// The form on it that was just sent.
    pub(super) refused: Option<Refused>,
}

/// A form that the API has refused, to be shown again as it was filled in.
pub(super) struct Refused {
    /// The form's `action`.
    pub(super) action: String,
    pub(super) method: Method,
    /// What it knew the version of: another try must not overwrite what it has not seen.
    pub(super) if_match: Option<String>,
    pub(super) fields: Vec<(String, String)>,
    pub(super) status: StatusCode,
    /// `application/problem+json`
    pub(super) problem: Value,
}

/// Why a page is not shown as its template says.
enum Instead {
    SignIn,
    /// By another template, with this status.
    Template(String, StatusCode, Value),
    Problem(StatusCode, Value, Value),
}

type Shown = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What axum is to do for `page`.
pub(super) fn show(
    page: Arc<Page>,
) -> impl Fn(State<Console>, Viewer, Uri) -> Shown + Clone + Send + Sync + 'static {
    move |State(console), viewer, uri| {
        let page = Arc::clone(&page);
        Box::pin(async move {
            let view = View {
                console: &console,
                viewer: &viewer,
                uri: &uri,
                refused: None,
            };
            view.of(&page).await
        })
    }
}

impl View<'_> {
    /// Of whichever page is at this address.
    pub(super) async fn found(&self) -> Response {
        let pages = self.console.pages.iter();
        let pages = pages.filter_map(|page| Some((params(&page.path, self.uri.path())?.len(), page)));
        // Of `/x/new` and `/x/{id}` the one that is spelled out is meant.
        match pages.min_by_key(|(gaps, _)| *gaps) {
            Some((_, page)) => self.of(page).await,
            None => Redirect::to("/").into_response(),
        }
    }

    async fn of(&self, page: &Page) -> Response {
        let status = self
            .refused
            .as_ref()
            .map_or(StatusCode::OK, |refused| refused.status);
        match self.gather(page).await {
            Ok(values) => {
                let mut response = self.render(&page.template, status, values, Value::Null);
                if page.takes_cards {
                    self.let_in_cards(&mut response);
                }
                response
            }
            Err(Instead::SignIn) => sign_in(self.viewer, self.uri),
            Err(Instead::Template(template, status, values)) => {
                self.render(&template, status, values, Value::Null)
            }
            Err(Instead::Problem(status, values, problem)) => {
                self.render("error.html", status, values, problem)
            }
        }
    }

    /// What the gateway's form needs, on this page alone.
    fn let_in_cards(&self, response: &mut Response) {
        let app = &self.console.app;
        let Some(form) = app.gateway.card_form() else {
            return;
        };
        if let Some(policy) = headers::policy(&app.config, Some(&form)) {
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }

    /// Of something that came to nothing, by the code of why.
    pub(super) async fn of_problem(&self, status: StatusCode, code: &str) -> Response {
        let values = json!({ "me": self.me().await });
        let problem = json!({ "code": code, "status": status.as_u16(), "detail": "" });
        self.render("error.html", status, values, problem)
    }

    /// With what the API has answered to a form: for what is seen once.
    pub(super) async fn of_answer(&self, template: &str, answer: &Value, sent: Value) -> Response {
        let values = json!({ "me": self.me().await, "answer": answer, "sent": sent });
        self.render(template, StatusCode::OK, values, Value::Null)
    }

    /// What the template gets, by name.
    async fn gather(&self, page: &Page) -> Result<Value, Instead> {
        let query = pairs(self.uri.query().unwrap_or_default());
        let mut values = json!({ "me": self.me().await });
        for (name, value) in params(&page.path, self.uri.path()).into_iter().flatten() {
            values[name] = percent_decode_str(value).decode_utf8_lossy().into();
        }
        if page.audience != Audience::Anybody && values["me"].is_null() {
            return Err(Instead::SignIn);
        }
        if page.audience == Audience::Staff && values["me"]["staff_id"].is_null() {
            let problem = json!({ "code": "forbidden", "detail": "this is for those who work with us" });
            return Err(Instead::Problem(StatusCode::FORBIDDEN, values, problem));
        }
        for ask in &page.asks {
            let Some(address) = ask.address.fill(&values, &query) else {
                values[&ask.name] = Value::Null;
                continue;
            };
            let answer = self.console.api.ask(self.viewer, &address).await;
            values[&ask.name] = match answer.status {
                status if status.is_success() => answer.body,
                _ if ask.is_optional => Value::Null,
                StatusCode::UNAUTHORIZED => {
                    return Err(match &page.locked {
                        Some(template) => {
                            Instead::Template(template.clone(), StatusCode::UNAUTHORIZED, values)
                        }
                        None => Instead::SignIn,
                    });
                }
                status => return Err(Instead::Problem(status, values, answer.body)),
            };
        }
        Ok(values)
    }

    async fn me(&self) -> Value {
        if !self.viewer.is_signed_in() {
            return Value::Null;
        }
        let me = self.console.api.ask(self.viewer, "/v1/me").await;
        if me.status == StatusCode::OK {
            me.body
        } else {
            Value::Null
        }
    }

    /// Every template gets `page`: where it is, what of its query and forms, and whose.
    fn render(&self, template: &str, status: StatusCode, mut values: Value, problem: Value) -> Response {
        let (viewer, mut headers) = (self.viewer, HeaderMap::new());
        let done = viewer.cookie(cookies::DONE);
        let done = done.map(|done| percent_decode_str(done).decode_utf8_lossy().into_owned());
        if viewer.is_new {
            cookies::keep(&mut headers, cookies::CSRF, &viewer.csrf, None);
        }
        if done.is_some() {
            cookies::forget(&mut headers, cookies::DONE);
        }
        values["page"] = json!({
            "path": self.uri.path(),
            "here": here(self.uri),
            "query": members(pairs(self.uri.query().unwrap_or_default())),
            "csrf": viewer.csrf,
            "locale": viewer.locale.name(),
            "done": done,
            "status": status.as_u16(),
            "problem": problem,
            "refused": self.refused.as_ref().map(|refused| json!({
                "action": refused.action,
                "method": refused.method.as_str(),
                "if_match": refused.if_match,
                "problem": refused.problem,
                "lists": lists(&refused.fields),
                "fields": members(refused.fields.clone()),
            })),
        });
        match self.console.templates.render(template, viewer.locale, values) {
            Ok(page) => (status, headers, Html(page)).into_response(),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), template, "a page cannot be shown");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response()
            }
        }
    }
}

/// Whoever is not signed in, or no longer, is sent to where they can be, and comes back.
pub(super) fn sign_in(viewer: &Viewer, uri: &Uri) -> Response {
    let next = escaped(&here(uri));
    let mut response = Redirect::to(&format!("/sign-in?next={next}")).into_response();
    if viewer.is_signed_in() {
        cookies::forget(response.headers_mut(), cookies::SESSION);
    }
    response
}

fn here(uri: &Uri) -> String {
    match uri.query() {
        Some(query) => format!("{}?{query}", uri.path()),
        None => uri.path().to_owned(),
    }
}

pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn members(pairs: Vec<(String, String)>) -> Map<String, Value> {
    pairs
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect()
}

/// All values of each name: of a group of boxes.
fn lists(pairs: &[(String, String)]) -> Value {
    let mut lists = json!({});
    for (name, value) in pairs {
        match &mut lists[name] {
            Value::Array(list) => list.push(value.as_str().into()),
            none => *none = json!([value]),
        }
    }
    lists
}
