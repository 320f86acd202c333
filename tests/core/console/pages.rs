use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use marquee_core::access::Permission;
use marquee_core::http::openapi;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Browser, location};
use crate::catalogue::{price, talent};

/// A template of the console, as it lies in the tree.
pub(super) struct Template {
    pub(super) name: String,
    pub(super) text: String,
}

pub(super) fn templates() -> Vec<Template> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let root = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../core/src/console/templates"
    ));
    let mut found = vec![];
    walk(root, &mut found);
    let read = |path: PathBuf| Template {
        name: path.strip_prefix(root).unwrap().display().to_string(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    found.into_iter().map(read).collect()
}

impl Template {
    /// The lines of its head: name and value.
    fn head(&self) -> Vec<(&str, &str)> {
        let head = self
            .text
            .strip_prefix("{#")
            .and_then(|text| text.split_once("#}"));
        let lines = head.into_iter().flat_map(|(head, _)| head.lines());
        let lines: Vec<_> = lines.filter_map(|line| line.trim().split_once(": ")).collect();
        if lines.iter().any(|(name, _)| *name == "path") {
            lines
        } else {
            vec![]
        }
    }

    fn said(&self, name: &str) -> Option<&str> {
        self.head()
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// What its forms do: method and path, with `_` for what is filled in.
    pub(super) fn forms(&self) -> Vec<(String, String)> {
        let calls = self.text.split("call form(page, ").skip(1);
        calls
            .map(|call| {
                let arguments = call.split("%}").next().unwrap();
                let action = arguments.split(", ").next().unwrap().trim_end_matches([')', ' ']);
                let method = arguments
                    .split_once("method=\"")
                    .map_or("POST", |(_, rest)| rest.split('"').next().unwrap());
                (method.to_lowercase(), self.path_of(action))
            })
            .collect()
    }

    /// Of an expression such as `"/act/v1/orders/" ~ order.id ~ "/pay"`.
    fn path_of(&self, expression: &str) -> String {
        let parts = expression.split(" ~ ").map(|part| {
            let part = part.trim();
            if let Some(text) = part.strip_prefix('"') {
                return text.trim_end_matches('"').to_owned();
            }
            let set = self.text.split_once(&format!("{{% set {part} = "));
            set.map_or("_".to_owned(), |(_, rest)| {
                self.path_of(rest.split(" %}").next().unwrap())
            })
        });
        parts.collect()
    }
}

/// Whether the document has it; gaps of either fit everything.
fn has(document: &Value, method: &str, path: &str) -> bool {
    operation(document, method, path).is_some()
}

/// What the document says of it. Of `/talents/mine` and `/talents/{id}` the one that is spelled out is meant.
pub(super) fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let wanted: Vec<_> = path.split('/').collect();
    let paths = document["paths"].as_object().unwrap().iter();
    let fitting = paths.filter_map(|(known, item)| {
        let known: Vec<_> = known.split('/').collect();
        let fits =
            |(known, wanted): (&&str, &&str)| known == wanted || known.starts_with('{') || *wanted == "_";
        let is_this = known.len() == wanted.len() && known.iter().zip(&wanted).all(fits);
        let gaps = known.iter().filter(|part| part.starts_with('{')).count();
        Some((gaps, item.get(method).filter(|_| is_this)?))
    });
    fitting
        .min_by_key(|(gaps, _)| *gaps)
        .map(|(_, operation)| operation)
}

/// A gap in the middle is something; what is after `?` is no part of the path.
fn path_of_address(address: &str) -> String {
    let mut path = String::new();
    let mut rest = address.split("{?").next().unwrap().split('?').next().unwrap();
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        path.push('_');
        rest = after.split_once('}').unwrap().1;
    }
    path + rest
}

#[test]
fn what_pages_ask_and_forms_do_is_in_the_apis_document() {
    let document = openapi();
    let (mut asks, mut forms) = (0, 0);
    for template in templates() {
        for (name, address) in template.head() {
            if address.starts_with("/v1/") {
                let path = path_of_address(address);
                assert!(
                    has(&document, "get", &path),
                    "{}: {name} asks {path}",
                    template.name
                );
                asks += 1;
            }
        }
        for (method, action) in template.forms() {
            let Some(path) = action
                .split('?')
                .next()
                .and_then(|path| path.strip_prefix("/act"))
            else {
                continue;
            };
            assert!(
                has(&document, &method, path),
                "{}: a form does {method} {path}",
                template.name
            );
            forms += 1;
        }
    }
    assert!(
        asks > 20 && forms > 20,
        "{asks} questions, {forms} forms: is this still how they are written?"
    );
}

#[test]
fn a_page_of_the_admins_says_that_it_is_for_staff() {
    for template in templates() {
        let path = template.said("path").unwrap_or_default();
        let is_admin = path == "/admin" || path.starts_with("/admin/");
        assert_eq!(
            template.said("for") == Some("staff"),
            is_admin,
            "{}: {path}",
            template.name
        );
    }
}

/// Addresses of pages, with an id that nobody has in each gap.
fn addresses(audience: Option<&str>) -> Vec<String> {
    let all = templates();
    let pages = all.iter().filter(|template| template.said("for") == audience);
    pages
        .filter_map(|page| page.said("path"))
        .map(|path| path_of_address(path).replace('_', "0198d3a2-6f10-7000-8000-000000000000"))
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a01_pages_are_for_whom_they_say(db: PgPool) {
    let app = TestApp::new(db).await;
    let (nobody, person) = (
        Browser::new(&app),
        Browser::of_person(&app, "ana@acme.example").await,
    );
    for path in addresses(Some("staff")) {
        let sent_away = nobody.get(&path).await;
        assert_eq!(sent_away.status, StatusCode::SEE_OTHER, "{path}");
        assert!(location(&sent_away).starts_with("/sign-in?next="), "{path}");
        assert_eq!(person.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in addresses(Some("people")) {
        assert_eq!(nobody.get(&path).await.status, StatusCode::SEE_OTHER, "{path}");
        let page = person.get(&path).await;
        let fine = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::FORBIDDEN];
        assert!(fine.contains(&page.status), "{path}: {}", page.status);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_page_is_shown_when_there_is_nothing_to_show(db: PgPool) {
    let app = TestApp::new(db).await;
    let all = Browser::of_staff(&app, "olga@acme.example", &Permission::ALL).await;
    let none = Browser::of_staff(&app, "otto@acme.example", &[]).await;
    for path in [
        addresses(None),
        addresses(Some("people")),
        addresses(Some("staff")),
    ]
    .concat()
    {
        let page = all.get(&path).await;
        let fine = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED];
        assert!(
            fine.contains(&page.status),
            "{path}: {} {}",
            page.status,
            page.text
        );
        assert!(page.text.contains("<h1"), "{path}: {}", page.text);
        let page = none.get(&path).await;
        assert_ne!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a06_what_people_write_is_text_and_nothing_else(db: PgPool) {
    let app = TestApp::new(db).await;
    let name = "<script>alert(1)</script>\"onload='x";
    let terms = json!({ "price": price(15_000), "description": name, "available": true, "categories": [] });
    let id = talent(&app, "ana@acme.example", name, terms).await;
    let browser = Browser::new(&app);
    for path in [
        "/talents".to_owned(),
        format!("/talents/{id}"),
        "/talents?q=<script>alert(1)</script>".to_owned(),
    ] {
        let page = browser.get(&path.replace('<', "%3C").replace('>', "%3E")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(!page.text.contains("<script>alert"), "{path}");
        assert!(!page.text.contains("\"onload"), "{path}");
    }
    app.leave_jobs();
}
