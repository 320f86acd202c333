//! What customers and talents are told when something cannot be done, in their language.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use marquee_core::http::openapi;
use serde_json::Value;
use sqlx::PgPool;

use super::pages::{Template, operation, templates};
use super::{Browser, location};
use crate::orders::Market;

/// What every form may meet, whatever it does.
const ALWAYS: [&str; 6] = [
    "body_invalid",
    "csrf_refused",
    "contended",
    "internal_error",
    "overloaded",
    "unavailable",
];

/// The codes that the document names for what these pages' forms do, each with one of them.
fn reachable(document: &Value) -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    let of_people = |template: &&Template| {
        ["site/", "talent/"]
            .iter()
            .any(|at| template.name.starts_with(at))
    };
    for template in templates().iter().filter(of_people) {
        for (method, action) in template.forms() {
            let Some(path) = action
                .split('?')
                .next()
                .and_then(|path| path.strip_prefix("/act"))
            else {
                continue;
            };
            let operation = operation(document, &method, path).unwrap();
            let answers = operation["responses"].as_object().unwrap().iter();
            for (_, answer) in answers.filter(|(status, _)| status.starts_with('4')) {
                for code in codes_of(answer["description"].as_str().unwrap_or_default()) {
                    codes.insert(code, format!("{method} {path}"));
                }
            }
        }
    }
    codes
}

/// What stands between backticks and is nothing but a code.
fn codes_of(description: &str) -> Vec<String> {
    let quoted = description.split('`').skip(1).step_by(2);
    let is_code =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    quoted.filter(is_code).map(str::to_owned).collect()
}

/// The codes that have a text of their own in Portuguese.
fn told() -> BTreeSet<String> {
    let all = templates();
    let texts = all
        .iter()
        .find(|template| template.name == "problems.html")
        .unwrap();
    let problems = texts.text.split("{% macro fault").next().unwrap();
    let entries = problems
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\": t("));
    entries
        .map(|(code, texts)| {
            let portuguese = texts.rsplit_once(", \"").unwrap().1;
            let portuguese = portuguese.trim_end_matches(['"', ')', ',']);
            assert!(portuguese.len() > 5, "{code}: {texts}");
            code.to_owned()
        })
        .collect()
}

#[test]
fn every_refusal_that_customers_and_talents_can_meet_has_a_text_in_their_language() {
    let (reachable, told) = (reachable(&openapi()), told());
    assert!(
        reachable.len() > 35,
        "{}: is this still how they are written?",
        reachable.len()
    );
    let untold: Vec<_> = reachable
        .iter()
        .filter(|(code, _)| !told.contains(*code))
        .collect();
    assert!(untold.is_empty(), "no text in Portuguese: {untold:?}");
    for code in ALWAYS {
        assert!(told.contains(code), "no text in Portuguese: {code}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_form_that_is_refused_says_why_in_the_language_that_was_chosen(db: PgPool) {
    let market = Market::new(db).await;
    let browser = Browser::new(&market.app);
    let portuguese = [("locale", "pt-BR"), ("_next", "/")];
    browser.post("/locale", &portuguese).await;
    let quote = [("talent_id", market.talent.as_str()), ("_next", "/checkout/{id}")];
    let checkout = location(&browser.post("/act/v1/quotes", &quote).await).to_owned();
    let order = [
        ("quote_id", checkout.strip_prefix("/checkout/").unwrap()),
        ("for_whom", "someone_else"),
        ("is_to", "Bia\u{7}"),
        ("is_from", ""),
        ("instruction", "Cante."),
        ("language", "pt-BR"),
        ("is_public", "false"),
        ("email", "nobody"),
        ("locale", "pt-BR"),
        ("payment_method", "sandbox_approve"),
        ("_key", "a-key-of-this-form"),
        ("_back", checkout.as_str()),
    ];
    let refused = browser.post("/act/v1/orders", &order).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    for said in [
        "Algo ainda não está certo.",
        "Este não é um endereço de e-mail.",
        "Falta preencher.",
        "uma linha de 1 a 80 caracteres",
    ] {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    for english in ["this is no e-mail address", "say who gives it", "one line of"] {
        assert!(!refused.text.contains(english), "{english}: {}", refused.text);
    }
    let talent = format!("/talents/{}", market.talent);
    let code = [
        ("talent_id", market.talent.as_str()),
        ("promotion_code", "NADA"),
        ("_back", talent.as_str()),
    ];
    let refused = browser.post("/act/v1/quotes", &code).await;
    assert!(
        refused.text.contains("Este cupom não existe."),
        "{}",
        refused.text
    );
    market.app.leave_jobs();
}
