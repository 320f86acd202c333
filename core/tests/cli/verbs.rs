//! Every verb there is: found by asking for help, so that a new one is covered the day it is made.

use std::fmt::Write as _;
use std::process::Stdio;

use serde_json::Value;
use sqlx::PgPool;
use tokio::process::Command;

use super::{marquee, marquee_on, output};

/// A verb that has verbs below it, and those.
struct Group {
    path: Vec<String>,
    verbs: Vec<String>,
}

/// What `--help` says of a verb; fails for one that has nothing to say.
async fn help(path: &[String]) -> String {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let (code, help, _) = output(marquee(&arguments)).await;
    assert_eq!(code, Some(0), "{path:?}");
    let first = help.lines().next().unwrap_or_default();
    assert!(
        first.len() > 5 && !first.starts_with("Usage"),
        "{path:?} says: {first}"
    );
    help
}

/// The verbs that a help text lists; none for one that does something itself.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // What is indented further goes on explaining the verb above.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Every group, depth first, and every verb that does something.
async fn tree() -> (Vec<Group>, Vec<Vec<String>>) {
    let (mut groups, mut leaves, mut unseen) = (Vec::new(), Vec::new(), vec![Vec::new()]);
    while let Some(path) = unseen.pop() {
        let verbs = listed(&help(&path).await);
        let below = |verb: &String| [path.clone(), vec![verb.clone()]].concat();
        unseen.extend(verbs.iter().rev().map(below));
        if verbs.is_empty() {
            leaves.push(path);
        } else {
            groups.push(Group { path, verbs });
        }
    }
    (groups, leaves)
}

#[tokio::test]
async fn every_verb_explains_itself_and_refuses_what_it_does_not_know() {
    let (groups, leaves) = tree().await;

    let lines = groups.iter().map(|Group { path, verbs }| {
        let path = [vec!["marquee".to_owned()], path.clone()].concat();
        format!("{}: {}", path.join(" "), verbs.join(" "))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    marquee: serve work migrate doctor health settings openapi people staff categories talents applications agencies shares promotions orders payments payouts statements reconcile books keys audit alerts jobs mail brands rules uploads videos webhooks hits demo sample
    marquee people: list show suspend reactivate reset-password remove-second-factor export erase
    marquee staff: list show create grant suspend reactivate
    marquee categories: list create rename order remove
    marquee talents: search list show create change remove-presentation bank-details prices
    marquee talents bank-details: show set remove
    marquee applications: list show accept reject ask
    marquee agencies: list show create rename talents join leave appoint dismiss bank-details
    marquee agencies bank-details: show set remove
    marquee shares: list show set
    marquee promotions: list show create change retire
    marquee orders: search show timeline cancel refund redos agree-redo decline-redo refunds
    marquee payments: list show disputes release
    marquee payouts: preview create approve cancel export import status
    marquee statements: list show
    marquee books: check close closed month trial balances entries transactions show
    marquee keys: create list revoke
    marquee audit: list export
    marquee alerts: list show acknowledge explain test
    marquee jobs: list show retry discard cron
    marquee mail: list show retry discard test suppressions
    marquee mail suppressions: list add remove
    marquee brands: create list show policy rename retire reinstate settings products mode
    marquee brands settings: show patch replace
    marquee brands products: list set remove
    marquee rules: import export find show add patch remove bulk simulate blast-radius tests validate diff freeze publish rollback canary promote abort revisions requests take-over status
    marquee rules tests: list save remove run
    marquee rules requests: ask list show approve reject cancel
    marquee uploads: list show abort
    marquee videos: list show take-down put-back transcode
    marquee webhooks: list create enable remove rotate test deliveries retry
    marquee hits: totals recent lost rules unused splits canary quarantine
    marquee demo: order
    marquee sample: load
    ");
    for leaf in leaves {
        let mut arguments: Vec<&str> = leaf.iter().map(String::as_str).collect();
        arguments.push("--no-such-flag");
        let (code, out, errors) = output(marquee(&arguments)).await;
        assert_eq!((code, out.as_str()), (Some(2), ""), "{leaf:?}: {errors}");
        assert!(errors.contains("--no-such-flag"), "{leaf:?}: {errors}");
    }
    for group in groups {
        let arguments: Vec<&str> = group.path.iter().map(String::as_str).collect();
        let (code, out, _) = output(marquee(&arguments)).await;
        assert_eq!(
            (code, out.as_str()),
            (Some(2), ""),
            "{:?} alone does nothing",
            group.path
        );
    }
}

#[tokio::test]
async fn values_that_make_no_sense_are_wrong_usage() {
    for arguments in [
        vec!["rules", "find", "acme", "--window", "someday"],
        vec!["rules", "find", "acme", "--at", "tomorrow"],
        vec!["rules", "diff", "acme", "--to", "yesterday"],
        vec!["rules", "validate", "acme", "--of", "tomorrow"],
        vec!["rules", "canary", "acme", "1", "--percent", "many"],
        vec!["rules", "requests", "approve", "acme", "one"],
        vec!["brands", "policy", "acme", "--canary-max-lost-points", "few"],
        vec!["brands", "mode", "acme", "off"],
        vec!["keys", "create", "--name", "me", "--permissions", "rules.dance"],
        vec!["keys", "revoke", "mine"],
        vec!["staff", "show", "ana"],
        vec!["talents", "search", "--sort", "random"],
        vec!["talents", "show", "ana"],
        vec!["applications", "list", "--status", "lost"],
        vec!["books", "balances", "--kind", "purse"],
        vec!["books", "show", "the-last"],
        vec!["payments", "list", "--status", "paid"],
        vec!["webhooks", "remove", "acme", "that-one"],
        vec!["jobs", "retry", "the-first"],
        vec!["mail", "test", "--to", "ana"],
        vec!["hits", "totals", "--grain", "week"],
    ] {
        let (code, out, errors) = output(marquee(&arguments)).await;
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {errors}");
    }
}

/// The members of what a verb prints as JSON, and of the first of its items.
fn shape(answer: &Value) -> String {
    match answer {
        Value::Object(members) => {
            let names: Vec<_> = members.keys().map(String::as_str).collect();
            format!("{{{}}}", names.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.first().map(shape).unwrap_or_default()),
        other => other.to_string(),
    }
}

#[sqlx::test(migrations = false)]
async fn whatever_is_asked_for_is_json_on_request_and_a_sentence_where_there_is_nothing(db: PgPool) {
    let run = async |arguments: &[&str]| output(marquee_on(&db, arguments)).await;
    run(&["migrate"]).await;
    run(&["brands", "create", "acme", "--name", "Acme"]).await;
    let mut told = String::new();
    for verb in [
        "brands list",
        "brands show acme",
        "brands policy acme",
        "brands products list acme",
        "people list",
        "staff list",
        "categories list",
        "talents list",
        "talents search",
        "applications list",
        "agencies list",
        "shares list",
        "payments list",
        "payouts preview",
        "payouts status",
        "books check",
        "books trial",
        "books balances",
        "books transactions",
        "keys list",
        "audit list",
        "jobs list",
        "mail list",
        "mail suppressions list",
        "rules find acme",
        "rules revisions acme",
        "rules requests list acme",
        "rules tests list acme",
        "rules validate acme",
        "rules status",
        "uploads list",
        "videos list",
        "webhooks list acme",
        "hits totals",
        "hits recent",
        "hits lost",
        "hits rules acme",
        "hits splits acme",
        "hits quarantine",
    ] {
        let arguments: Vec<&str> = verb.split(' ').collect();
        let (code, out, errors) = run(&[&arguments[..], &["--json"]].concat()).await;
        let answer: Value =
            serde_json::from_str(&out).unwrap_or_else(|_| panic!("{verb} prints {out} and says {errors}"));
        writeln!(told, "{verb}: {} {}", code.unwrap(), shape(&answer)).unwrap();
        let (as_text, text, _) = run(&arguments).await;
        assert_eq!(as_text, code, "{verb}");
        assert!(!text.trim().is_empty(), "{verb} says nothing");
        assert!(serde_json::from_str::<Value>(&text).is_err(), "{verb}: {text}");
    }
    insta::assert_snapshot!(told, @r"
    brands list: 0 {items, next_cursor}
    brands show acme: 0 {code, created_at, draft, live, name, retired_at}
    brands policy acme: 0 {canary_auto_abort, canary_max_fallback_points, canary_max_lost_points, canary_min_hits, four_eyes, max_changed_percent}
    brands products list acme: 0 {items, next_cursor}
    people list: 0 {items, next_cursor}
    staff list: 0 {items, next_cursor}
    categories list: 0 {items, next_cursor}
    talents list: 0 {items, next_cursor}
    talents search: 0 {items, next_cursor}
    applications list: 0 {items, next_cursor}
    agencies list: 0 {items, next_cursor}
    shares list: 0 {items, next_cursor}
    payments list: 0 {items, next_cursor}
    payouts preview: 0 {carried, currency, lines, minimum_minor, month, payees, total_minor}
    payouts status: 0 {items, next_cursor}
    books check: 0 {checks, findings, fine}
    books trial: 0 {items}
    books balances: 0 {items, next_cursor}
    books transactions: 0 {items, next_cursor}
    keys list: 0 {items, next_cursor}
    audit list: 0 {items, next_cursor}
    jobs list: 0 {items, next_cursor}
    mail list: 0 {items, next_cursor}
    mail suppressions list: 0 {items, next_cursor}
    rules find acme: 0 {items, next_cursor, version}
    rules revisions acme: 0 {items, next_cursor}
    rules requests list acme: 0 {items, next_cursor}
    rules tests list acme: 0 []
    rules validate acme: 3 {counts, findings, gaps, not_analysed, of, revision, rules, splits, table, unreachable, unreachable_rules, version}
    rules status: 0 {age_seconds, agree, attempts, edge_seen_at, edge_sequence, edges, failing_since, last_error, sequence, signed_at, soft_expires_at, status}
    uploads list: 0 {items, next_cursor}
    videos list: 0 {items, next_cursor}
    webhooks list acme: 0 {items, next_cursor}
    hits totals: 0 {from, grain, groups, hits, other, series, to}
    hits recent: 0 {items, next_cursor}
    hits lost: 0 {items, next_cursor}
    hits rules acme: 0 {items, next_cursor}
    hits splits acme: 0 {items, next_cursor}
    hits quarantine: 0 {items, next_cursor}
    ");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whoever_has_read_enough_of_what_a_verb_prints_is_not_shown_a_fault(db: PgPool) {
    assert_eq!(
        unread(marquee_on(&db, &["openapi"])).await,
        (Some(0), String::new())
    );

    let doctor = marquee(&["doctor", "--database-url", "postgres://nobody@127.0.0.1:1/none"]);
    assert_eq!(
        unread(doctor).await.0,
        Some(3),
        "what was found is told all the same"
    );
}

/// Code and complaints of a verb whose reader has left.
async fn unread(mut command: Command) -> (Option<i32>, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().await.unwrap();
    (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
}
