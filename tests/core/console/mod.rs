//! Pages, as a browser asks for them.

mod cards;
mod hostile;
mod orders;
mod pages;
mod passage;
mod plain_forms;
mod refusals;
mod sessions;
mod settings;

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Method, header};
use marquee_core::access::Permission;
use marquee_tests::{Answer, TestApp};
use url::form_urlencoded;

use crate::accounts::{self, PASSWORD, grants, mailed_link, staff_member};

/// Keeps cookies, and sends the forms that it is given.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            cookies: Mutex::default(),
        }
    }

    /// Of somebody who has an account, and is signed in.
    pub(crate) async fn of_person(app: &'a TestApp, email: &str) -> Self {
        let (_, token) = accounts::person(app, email).await;
        Self::with(app, &token)
    }

    /// Of a member of the staff who may do so everywhere.
    pub(crate) async fn of_staff(app: &'a TestApp, email: &str, permissions: &[Permission]) -> Self {
        staff_member(app, email, grants(permissions, None)).await;
        let body = serde_json::json!({ "token": mailed_link(app, email).await, "password": PASSWORD });
        accounts::anonymously(app, "/v1/password-resets/complete", body).await;
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        let (_, session) = accounts::anonymously(app, "/v1/sessions", body).await;
        Self::with(app, session["token"].as_str().unwrap())
    }

    fn with(app: &'a TestApp, token: &str) -> Self {
        let browser = Self::new(app);
        browser.keep("__Host-session", token);
        browser
    }

    pub(crate) fn keep(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.app.anonymous(Method::GET, path), Body::empty())
            .await
    }

    /// A form of a page that it has looked at before.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        if self.cookie("__Host-csrf").is_none() {
            self.get("/sign-in").await;
        }
        let csrf = self.cookie("__Host-csrf").unwrap();
        let form = self.form(path).header("sec-fetch-site", "same-origin");
        self.send(form, encoded(&[&[("_csrf", csrf.as_str())], fields].concat()))
            .await
    }

    pub(crate) fn form(&self, path: &str) -> Builder {
        let form = self.app.anonymous(Method::POST, path);
        form.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
    }

    pub(crate) async fn send(&self, request: Builder, body: Body) -> Answer {
        let cookies: Vec<_> = {
            let cookies = self.cookies.lock().unwrap();
            cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect()
        };
        let request = request
            .header(header::COOKIE, cookies.join("; "))
            .header(header::ACCEPT_LANGUAGE, "en");
        let answer = self.app.send(request.body(body).unwrap()).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.lock().unwrap().remove(name);
            } else {
                self.keep(name, value);
            }
        }
        answer
    }
}

pub(crate) fn encoded(fields: &[(&str, &str)]) -> Body {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Body::from(form.finish())
}

/// Where an answer leads.
pub(crate) fn location(answer: &Answer) -> &str {
    answer.headers[header::LOCATION].to_str().unwrap()
}
