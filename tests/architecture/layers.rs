//! The file name is the layer.

use crate::order::place;
use crate::source::Source;
use crate::{core, holds, planted};

fn axum_outside_http(sources: &[Source]) -> Vec<String> {
    let strays = sources
        .iter()
        .filter(|source| source.says("axum") && !source.is_layer("http"));
    strays
        .map(|source| format!("{} uses axum", source.path))
        .collect()
}

fn http_below_http(sources: &[Source]) -> Vec<String> {
    let features = sources.iter().filter(|source| place(source.module()).is_some());
    let below = features.filter(|source| !source.is_layer("http"));
    let strays = below.filter(|source| source.root_modules().contains("http"));
    strays
        .map(|source| format!("{} names crate::http", source.path))
        .collect()
}

fn sql_outside_store(sources: &[Source]) -> Vec<String> {
    let allowed = |source: &Source| {
        source.module() == "platform" || source.is_layer("store") || source.is_layer("queries")
    };
    let queries = |source: &Source| {
        let names = [
            "query",
            "query_as",
            "query_scalar",
            "query_file",
            "QueryBuilder",
            "raw_sql",
        ];
        names
            .iter()
            .any(|name| source.says(&format!("sqlx::{name}")) || source.says(&format!("{name}!")))
    };
    let strays = sources
        .iter()
        .filter(|source| queries(source) && !allowed(source));
    strays
        .map(|source| format!("{} queries the database", source.path))
        .collect()
}

fn public_stores(sources: &[Source]) -> Vec<String> {
    let features = sources
        .iter()
        .filter(|source| place(source.module()).is_some_and(|place| place > 0));
    let strays = features.filter(|source| {
        ["pub mod store", "pub(crate) mod store"]
            .iter()
            .any(|stray| source.code.contains(stray))
    });
    strays
        .map(|source| format!("{} shows its store", source.path))
        .collect()
}

fn impure_domains(sources: &[Source]) -> Vec<String> {
    let domains = sources.iter().filter(|source| source.is_layer("domain"));
    let strays = domains.filter(|source| {
        ["async", "tokio", "PgConnection", "PgPool"]
            .iter()
            .any(|word| source.says(word))
            || ["app", "platform"]
                .iter()
                .any(|module| source.root_modules().contains(*module))
    });
    strays
        .map(|source| format!("{} does more than decide", source.path))
        .collect()
}

/// What has to know of gateways one by one: who adapts them, who chooses, and who puts together.
const KNOW_GATEWAYS: [&str; 3] = ["adapters", "config", "app"];

fn gateways_by_name(sources: &[Source]) -> Vec<String> {
    let others = sources
        .iter()
        .filter(|source| !KNOW_GATEWAYS.contains(&source.module()));
    let named = others.filter(|source| {
        let strings = source.strings.iter().map(String::as_str);
        let mut texts = strings.chain([source.code.as_str()]);
        texts.any(|text| text.to_lowercase().contains("stripe"))
    });
    named
        .map(|source| format!("{} knows a gateway by its name", source.path))
        .collect()
}

#[test]
fn another_gateway_is_another_adapter_and_nothing_else() {
    holds(
        "gateways are named by adapters and configuration only",
        gateways_by_name(&core()),
    );
}

#[test]
fn axum_is_for_http() {
    holds("axum only in http.rs", axum_outside_http(&core()));
}

#[test]
fn nothing_below_http_knows_http() {
    holds(
        "crate::http only in a feature's http.rs",
        http_below_http(&core()),
    );
}

#[test]
fn sql_is_for_stores_and_queries() {
    holds(
        "sqlx::query only in store.rs, queries.rs and platform/",
        sql_outside_store(&core()),
    );
}

#[test]
fn a_store_is_private() {
    holds("a feature's tables are its own", public_stores(&core()));
}

#[test]
fn a_domain_only_decides() {
    holds("no async, SQL or app in domain.rs", impure_domains(&core()));
}

#[test]
fn strays_between_layers_are_caught() {
    type Rule = fn(&[Source]) -> Vec<String>;
    for (rule, path, stray) in [
        (
            axum_outside_http as Rule,
            "payments/commands.rs",
            "use axum::Json;",
        ),
        (axum_outside_http, "app.rs", "fn f() -> ::axum::Router {}"),
        (
            http_below_http,
            "payments/commands.rs",
            "use crate::{app::App, http::ApiError};",
        ),
        (
            http_below_http,
            "hits/queries/lost.rs",
            "fn f() -> crate::http::ApiError {}",
        ),
        (
            sql_outside_store,
            "payments/commands.rs",
            "sqlx::query!(\"select 1\")",
        ),
        (
            sql_outside_store,
            "payments/http.rs",
            "use sqlx::query_as; query_as!(X, \"select 1\")",
        ),
        (sql_outside_store, "doctor.rs", "sqlx::query_scalar(\"select 1\")"),
        (public_stores, "hits/mod.rs", "pub mod store;"),
        (gateways_by_name, "payments/settle.rs", "if name == \"stripe\" {}"),
        (gateways_by_name, "orders/commands.rs", "use config::Stripe;"),
        (impure_domains, "hits/domain.rs", "pub async fn decide() {}"),
        (impure_domains, "hits/domain/range.rs", "use crate::app::App;"),
    ] {
        assert_eq!(rule(&planted(path, stray)).len(), 1, "{path}: {stray}");
    }
    for (rule, path, fine) in [
        (
            axum_outside_http as Rule,
            "hits/http/params.rs",
            "use axum::Json;",
        ),
        (
            axum_outside_http,
            "hits/commands.rs",
            "// axum\nlet axum_like = \"axum\";",
        ),
        (http_below_http, "hits/http.rs", "use crate::http::Json;"),
        (gateways_by_name, "config/gateway.rs", "pub struct Stripe;"),
        (
            sql_outside_store,
            "hits/queries/lost.rs",
            "sqlx::query!(\"select 1\")",
        ),
        (
            sql_outside_store,
            "platform/cron.rs",
            "sqlx::query!(\"select 1\")",
        ),
        (
            sql_outside_store,
            "hits/commands.rs",
            "queries::query_hits(); sqlx::Error",
        ),
    ] {
        assert_eq!(rule(&planted(path, fine)), [""; 0], "{path}: {fine}");
    }
}
