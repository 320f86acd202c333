//! What the process was told, for staff to see, and its secrets for nobody.

use std::io;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use clap::{Args, Command};
use marquee_core::access::Permission;
use marquee_core::config::{Config, Settings};
use marquee_core::doctor;
use marquee_tests::{TestApp, config_of};
use serde_json::{Value, json};
use sqlx::PgPool;
use tracing_subscriber::fmt::MakeWriter;

use super::Browser;

/// Every setting that is a secret, and what of its value must be seen nowhere.
const SECRETS: [(&str, &str, &str); 9] = [
    (
        "--database-url",
        "postgres://marquee:databasemarker@db.acme.example/marquee",
        "databasemarker",
    ),
    (
        "--signing-key",
        "k9:c2lnbmluZ21hcmtlcnNpZ25pbmdtYXJrZXJzaWduaW4",
        "c2lnbmluZ21hcmtlcnNpZ25pbmdtYXJrZXJzaWduaW4",
    ),
    (
        "--data-keys",
        "d9:ZGF0YWtleW1hcmtlcmRhdGFrZXltYXJrZXJkYXRha2U",
        "ZGF0YWtleW1hcmtlcmRhdGFrZXltYXJrZXJkYXRha2U",
    ),
    (
        "--smtp-url",
        "smtps://marquee:smtpmarker@smtp.acme.example",
        "smtpmarker",
    ),
    (
        "--stripe-secret-key",
        "sk_test_stripekeymarker",
        "stripekeymarker",
    ),
    (
        "--stripe-webhook-secrets",
        "whsec_stripehookmarker",
        "stripehookmarker",
    ),
    ("--cloudflare-api-token", "cloudflaremarker", "cloudflaremarker"),
    (
        "--telegram-bot-token",
        "123456:AAHtelegrammarkertelegrammarkermark",
        "AAHtelegrammarker",
    ),
    (
        "--sentry-dsn",
        "https://sentrymarker0@sentry.acme.example/42",
        "sentrymarker0",
    ),
];
/// What these ask for besides, and a URL with something to hide that is no secret as a whole.
const BESIDES: [&str; 6] = [
    "--env=local",
    "--gateway=stripe",
    "--stripe-publishable-key=pk_test_open",
    "--telegram-chat=-1001234567890",
    "--runbook-url=https://reader:runbookmarker@docs.acme.example/alerts?token=querymarker",
    "--pool-size=7",
];
const HIDDEN: [&str; 2] = ["runbookmarker", "querymarker"];

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Told all of it; only its database, storage and gateway are the test's.
async fn told_everything(db: PgPool) -> TestApp {
    let flags: Vec<&str> = SECRETS
        .iter()
        .flat_map(|(flag, value, _)| [*flag, *value])
        .collect();
    let config = config_of(&[&BESIDES[..], &flags].concat());
    TestApp::with(db, |parts| {
        parts.config = Config {
            database_url: parts.config.database_url.clone(),
            storage: parts.config.storage.clone(),
            gateway: parts.config.gateway.clone(),
            ..config
        };
    })
    .await
}

fn one<'a>(settings: &'a Value, name: &str) -> &'a Value {
    let items = settings["items"].as_array().unwrap();
    items.iter().find(|setting| setting["name"] == name).unwrap()
}

#[test]
fn no_setting_that_is_a_secret_is_left_out_of_this_test() {
    let command = Settings::augment_args(Command::new("settings"));
    let hidden = command.get_arguments().filter(|arg| arg.is_hide_env_values_set());
    let mut hidden: Vec<_> = hidden
        .map(|arg| format!("--{}", arg.get_long().unwrap()))
        .collect();
    let mut known = SECRETS.map(|(flag, ..)| flag.to_owned());
    hidden.sort();
    known.sort();
    assert_eq!(hidden, known);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn settings_are_shown_and_secrets_are_seen_nowhere(db: PgPool) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let app = told_everything(db).await;
    let key = app.api_key(&[Permission::SettingsRead]).await;
    let (status, settings) = app
        .call_as(&key, axum::http::Method::GET, "/v1/settings", None)
        .await;
    assert_eq!(status, StatusCode::OK, "{settings}");
    let browser = Browser::of_staff(&app, "olga@acme.example", &[Permission::SettingsRead]).await;
    let page = browser.get("/admin/settings").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);

    // What a program says that has all of it at hand, and something fails.
    app.edge_kv.refuse_next(1);
    let checks = doctor::examine(&app.app).await;
    assert!(checks.iter().any(|check| !check.fine), "{checks:?}");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!log.is_empty());
    let seen = [
        settings.to_string(),
        page.text.clone(),
        log,
        format!("{checks:?}"),
    ];
    for hidden in SECRETS.map(|(_, _, marker)| marker).into_iter().chain(HIDDEN) {
        for text in &seen {
            assert!(!text.contains(hidden), "{hidden}");
        }
    }
    for (flag, ..) in SECRETS {
        let items = settings["items"].as_array().unwrap();
        let secret = items.iter().find(|setting| setting["flag"] == flag).unwrap();
        assert_eq!(
            [
                &secret["is_secret"],
                &secret["is_set"],
                &secret["value"],
                &secret["source"]
            ],
            [&json!(true), &json!(true), &Value::Null, &json!("flag")],
            "{flag}"
        );
    }
    let pool = one(&settings, "MARQUEE_POOL_SIZE");
    assert_eq!(
        [&pool["value"], &pool["default"], &pool["source"]],
        [&json!("7"), &json!("16"), &json!("flag")]
    );
    let runbook = one(&settings, "MARQUEE_RUNBOOK_URL");
    assert_eq!(runbook["value"], "https://***@docs.acme.example/alerts?***");
    for shown in ["MARQUEE_POOL_SIZE", "pk_test_open", "not set", "Most connections"] {
        assert!(page.text.contains(shown), "{shown}");
    }
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn only_who_may_sees_settings_and_nobody_changes_them(db: PgPool) {
    let app = TestApp::new(db).await;
    let others: Vec<_> = Permission::ALL
        .into_iter()
        .filter(|permission| *permission != Permission::SettingsRead)
        .collect();
    let browser = Browser::of_staff(&app, "otto@acme.example", &others).await;
    let page = browser.get("/admin/settings").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(!page.text.contains("MARQUEE_POOL_SIZE"));
    let (status, _) = app.put("/v1/settings", json!({})).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    app.leave_jobs();
}
