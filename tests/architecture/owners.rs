//! Things that have one owner.

use crate::source::Source;
use crate::{core, holds, planted};

/// What is named, who may name it (a file, or a folder with `/` at its end), and why nobody else.
const OWNERS: &[(&[&str], &[&str], &str)] = &[
    (
        &["crate::adapters", "adapters"],
        &["app.rs", "lib.rs", "adapters/"],
        "vendors are chosen in one place",
    ),
    (
        &["std::env", "env::var", "env::var_os", "env::vars"],
        &["config.rs"],
        "the environment is read once",
    ),
    (
        &["graphile_worker"],
        &["platform/bus.rs"],
        "the queue is wrapped once",
    ),
    (
        &["aws_sdk_sqs", "aws_config", "reqwest"],
        &["adapters/"],
        "a vendor's types stay in its adapter",
    ),
    (
        &["opentelemetry_otlp", "opentelemetry_http"],
        &["adapters/"],
        "how spans leave is a vendor's business",
    ),
    (
        &["opentelemetry", "opentelemetry_sdk", "tracing_opentelemetry"],
        &["platform/telemetry/"],
        "the rest speaks of tracing's spans",
    ),
    (
        &["sentry_types"],
        &["adapters/", "config/"],
        "features speak of alerts",
    ),
    (
        &["lettre"],
        &["adapters/"],
        "mail is made and sent at the edge of the program; features speak of subject, text and HTML",
    ),
    (
        &["minijinja", "mrml"],
        &[
            "platform/mail/",
            "platform/page.rs",
            "platform/wording.rs",
            "console/templates.rs",
        ],
        "mails are filled in one place, and so are what is printed and pages",
    ),
    (
        &["object_store"],
        &["platform/files/"],
        "features speak of keys; where objects are is known in one place",
    ),
    (
        &["tokio::process", "process::Command"],
        // The demo makes a film up, on a developer's machine; nothing hostile is in it.
        &["adapters/", "cli/demo.rs"],
        "other programs are vendors, too",
    ),
    (
        &["image"],
        &["accounts/picture.rs"],
        "what decodes pictures is limited in one place",
    ),
    (&["jiff"], &["calendar.rs"], "time zones are known in one place"),
    (
        &["PgPoolOptions"],
        &["platform/database.rs"],
        "every pool gets the rollback hook",
    ),
    (
        &["OffsetDateTime::now_utc", "SystemTime::now"],
        &["platform/clock.rs"],
        "App::now is the clock",
    ),
    (
        &["process::abort"],
        &["platform/faults.rs"],
        "only a fault point crashes",
    ),
    (&["process::exit"], &[], "main returns an exit code"),
    (
        &["enum Permission", "Permission::parse"],
        &["access.rs", "access/", "accounts/", "http/guard.rs"],
        "one permission owner",
    ),
    (&["println!", "print!"], &["cli/"], "the rest logs"),
];

fn taken_from_owners(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        for (names, owners, why) in OWNERS {
            let owned = owners.iter().any(|owner| match owner.strip_suffix('/') {
                Some(folder) => source.path.starts_with(&format!("{folder}/")),
                None => source.path == *owner,
            });
            if let Some(name) = names.iter().find(|name| !owned && source.says(name)) {
                violations.push(format!("{} says {name}: {why}", source.path));
            }
        }
    }
    violations
}

/// Who makes a `Principal` decides who is who.
fn forged_principals(sources: &[Source]) -> Vec<String> {
    let strays = sources.iter().filter(|source| {
        let allowed = source.path == "access.rs" || source.module() == "accounts";
        // A literal, not `-> Principal {` or `for Principal {`.
        let literal = source.code.match_indices("Principal {").any(|(at, _)| {
            let before = source.code[..at].trim_end();
            !before.ends_with("->") && !before.ends_with("for") && !before.ends_with("impl")
        });
        literal && !allowed
    });
    strays
        .map(|source| format!("{} makes a Principal", source.path))
        .collect()
}

/// Job names that a `Kind` declares, and those that the one match in `worker.rs` has an arm for.
fn jobs_nobody_does(sources: &[Source]) -> Vec<String> {
    let Some(worker) = sources.iter().find(|source| source.path == "worker.rs") else {
        return vec![];
    };
    let declares = sources
        .iter()
        .filter(|source| source.says("Kind") && source.code.contains("name: \"\""));
    let named = declares.flat_map(|source| {
        let dotted = source.strings.iter().filter(|string| {
            string
                .split_once('.')
                .is_some_and(|(feature, verb)| feature == source.module() && is_verb(verb))
        });
        dotted.map(|name| (source.path.clone(), name.clone()))
    });
    let undone = named.filter(|(_, name)| !worker.strings.contains(name));
    undone
        .map(|(path, name)| format!("{path} declares {name}, and worker.rs has no arm for it"))
        .collect()
}

fn is_verb(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| char.is_ascii_lowercase() || char == '_')
}

#[test]
fn what_has_an_owner_is_left_to_it() {
    holds("one owner each", taken_from_owners(&core()));
}

#[test]
fn only_accounts_say_who_is_who() {
    holds("a Principal comes from accounts", forged_principals(&core()));
}

#[test]
fn every_declared_job_is_done_by_somebody() {
    holds("worker.rs has an arm for every job", jobs_nobody_does(&core()));
}

#[test]
fn strays_from_owners_are_caught() {
    for (path, stray) in [
        ("hits/ingest.rs", "use crate::adapters::sqs;"),
        ("worker.rs", "use crate::{adapters, app};"),
        ("hits/jobs.rs", "let home = std::env::var(\"HOME\");"),
        ("redirects/jobs.rs", "use graphile_worker::JobSpec;"),
        ("redirects/sync.rs", "reqwest::get(url)"),
        ("platform/mail/deliver.rs", "use lettre::Message;"),
        ("accounts/mails.rs", "minijinja::render!(\"\")"),
        ("access.rs", "use jiff::Timestamp;"),
        ("videos/jobs.rs", "object_store::path::Path::from(key)"),
        ("videos/jobs.rs", "use tokio::process::Command;"),
        ("videos/jobs.rs", "image::load_from_memory(&bytes)"),
        ("hits/store.rs", "PgPoolOptions::new()"),
        ("access.rs", "OffsetDateTime::now_utc()"),
        ("hits/http.rs", "enum Permission {}"),
        ("hits/commands.rs", "println!(\"x\")"),
    ] {
        assert_eq!(
            taken_from_owners(&planted(path, stray)).len(),
            1,
            "{path}: {stray}"
        );
    }
    assert_eq!(
        taken_from_owners(&planted("hits/jobs.rs", "env!(\"X\"); eprintln!(\"\")")),
        [""; 0]
    );
    assert_eq!(
        forged_principals(&planted("hits/http.rs", "let by = Principal { id, name };")).len(),
        1
    );
    assert_eq!(
        forged_principals(&planted("hits/http.rs", "fn by() -> Principal { x }")),
        [""; 0]
    );
    let mut sources = planted("hits/jobs.rs", "const A: Kind = Kind { name: \"hits.roll_up\" };");
    sources.push(Source::new("worker.rs", "match name { \"hits.forget\" => {} }"));
    assert_eq!(jobs_nobody_does(&sources).len(), 1);
    sources.push(Source::new("worker.rs", ""));
    sources.swap_remove(1);
    sources.push(Source::new("worker.rs", "match name { \"hits.roll_up\" => {} }"));
    sources.retain(|source| source.path != "worker.rs" || !source.strings.is_empty());
    assert_eq!(jobs_nobody_does(&sources), [""; 0]);
}
