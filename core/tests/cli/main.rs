//! The program itself: what it says, how it exits, and how it stops when it is told to. Here, and not in the
//! tests' own package, because only a package's own tests find its binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod bank_details;
mod books;
mod health;
mod stopping;
mod verbs;

use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::PgPool;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The program in an environment of its own: nothing of ours leaks in.
fn marquee(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marquee"));
    command
        .args(arguments)
        .env_clear()
        .env("MARQUEE_ENV", "local")
        .env("MARQUEE_MAIL_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/mail"))
        .kill_on_drop(true);
    command
}

/// The program on a test's own database.
fn marquee_on(db: &PgPool, arguments: &[&str]) -> Command {
    use sqlx::ConnectOptions as _;
    let mut command = marquee(arguments);
    command
        .env("DATABASE_URL", db.connect_options().to_url_lossy().as_str())
        .env("MARQUEE_POOL_SIZE", "12");
    command
}

async fn output(mut command: Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// What a program logs, as it comes.
type Log = Arc<Mutex<String>>;

/// Starts the program; returns once it has logged `until`, with that line and the log to come.
async fn start(mut command: Command, until: &str) -> (Child, String, Log) {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let seen = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the program to go on");
            if line.contains(until) {
                return line;
            }
        }
    });
    let line = seen.await.expect(until);
    let log = Log::default();
    let rest = log.clone();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            rest.lock().unwrap().push_str(&format!("{line}\n"));
        }
    });
    (child, line, log)
}

async fn signal(child: &Child, signal: &str) {
    let pid = child.id().unwrap().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status().await.unwrap();
    assert!(sent.success());
}

async fn terminate(child: &mut Child) -> Option<i32> {
    signal(child, "-TERM").await;
    ended(child).await
}

async fn ended(child: &mut Child) -> Option<i32> {
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait());
    ended.await.expect("it stops in time").unwrap().code()
}

#[tokio::test]
async fn help_lists_the_verbs_and_hides_secrets() {
    let mut command = marquee(&["--help"]);
    command
        .env("DATABASE_URL", "postgres://user:hunter2@db/marquee")
        .env("CLOUDFLARE_API_TOKEN", "t0ken");

    let (code, help, _) = output(command).await;

    assert_eq!(code, Some(0));
    for verb in [
        "serve", "work", "migrate", "doctor", "keys", "jobs", "mail", "hits",
    ] {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(verb)),
            "{verb} is not in\n{help}"
        );
    }
    assert!(!help.contains("hunter2") && !help.contains("t0ken"));
}

#[tokio::test]
async fn wrong_usage_and_missing_settings_exit_with_2() {
    assert_eq!(output(marquee(&["dance"])).await.0, Some(2));

    let mut command = marquee(&["serve"]);
    command.env("MARQUEE_ENV", "production");
    let (code, _, message) = output(command).await;
    assert_eq!(code, Some(2));
    assert!(
        message.starts_with("marquee: DATABASE_URL is not set: "),
        "{message}"
    );
}

#[tokio::test]
async fn without_a_database_serve_fails_and_doctor_finds() {
    let unreachable = "postgres://nobody@127.0.0.1:1/none";

    let (code, _, message) = output(marquee(&["serve", "--database-url", unreachable])).await;
    assert_eq!(code, Some(1));
    assert!(message.contains("reaching Postgres"), "{message}");
    let mut doctor = marquee(&["doctor", "--json", "--database-url", unreachable]);
    doctor.env("SQS_ENDPOINT_URL", "http://127.0.0.1:1");
    let (code, report, _) = output(doctor).await;
    assert_eq!(code, Some(3));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let database = report
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "database")
        .unwrap();
    assert_eq!(database["fine"], false);
    assert!(database["remedy"].as_str().unwrap().contains("DATABASE_URL"));
    let queue = report.as_array().unwrap();
    let queue = queue.iter().find(|check| check["name"] == "hit queue").unwrap();
    assert_eq!(queue["fine"], false);
    assert!(queue["remedy"].as_str().unwrap().contains("SQS_QUEUE_URL"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_release_that_is_taken_back_finds_newer_migrations_and_goes_on(db: PgPool) {
    assert_eq!(output(marquee_on(&db, &["migrate"])).await.0, Some(0));
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        select max(version) + 1, 'of a later release', true, '\\x00', 1 from _sqlx_migrations";
    sqlx::query(newer).execute(&db).await.unwrap();

    let (code, _, complaints) = output(marquee_on(&db, &["migrate"])).await;

    assert_eq!(code, Some(0), "{complaints}");
}

#[sqlx::test(migrations = false)]
async fn an_empty_database_is_refused_until_it_is_migrated(db: PgPool) {
    let (code, _, message) = output(marquee_on(&db, &["serve"])).await;
    assert_eq!(code, Some(1));
    assert!(message.contains("run `marquee migrate`"), "{message}");

    assert_eq!(output(marquee_on(&db, &["migrate"])).await.0, Some(0));
    assert_eq!(
        output(marquee_on(&db, &["migrate"])).await.0,
        Some(0),
        "once more is fine"
    );
    let (code, keys, _) = output(marquee_on(&db, &["keys", "list", "--json"])).await;
    assert_eq!((code, keys.contains("\"items\": []")), (Some(0), true), "{keys}");
}

#[sqlx::test(migrations = false)]
async fn a_key_made_at_the_command_line_opens_the_api_until_it_is_revoked(db: PgPool) {
    output(marquee_on(&db, &["migrate"])).await;
    let made = marquee_on(
        &db,
        &[
            "keys",
            "create",
            "--name",
            "me",
            "--permissions",
            "keys.manage",
            "--json",
        ],
    );
    let made: serde_json::Value = serde_json::from_str(&output(made).await.1).unwrap();
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let (mut serving, line, _) = start(
        marquee_on(&db, &["serve", "--listen", "127.0.0.1:0"]),
        "listening",
    )
    .await;
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let keys = format!("http://{}/v1/keys", line["address"].as_str().unwrap());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let status = async || {
        client
            .get(&keys)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };

    assert_eq!(status().await, 200);
    assert_eq!(output(marquee_on(&db, &["keys", "revoke", id])).await.0, Some(0));
    assert_eq!(status().await, 401);
    assert_eq!(terminate(&mut serving).await, Some(0));
}

#[sqlx::test(migrations = false)]
async fn a12_the_log_has_a_line_per_request_and_no_secrets(db: PgPool) {
    output(marquee_on(&db, &["migrate"])).await;
    let made = marquee_on(
        &db,
        &["keys", "create", "--name", "me", "--permissions", "keys.manage"],
    );
    let token = output(made).await.1.trim().to_owned();
    let mut command = marquee_on(&db, &["serve", "--with-worker", "--listen", "127.0.0.1:0"]);
    command
        .env("CLOUDFLARE_API_TOKEN", "t0ken")
        .env("MARQUEE_LOG", "debug");
    let (mut serving, line, log) = start(command, "listening").await;
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let keys = format!("http://{}/v1/keys", line["address"].as_str().unwrap());

    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new()
        .post(&keys)
        .bearer_auth(&token)
        .header("x-request-id", "request-1");
    let answer = request
        .body(r#"{"name":"s3cret name","permissions":[]"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 415);
    assert_eq!(terminate(&mut serving).await, Some(0));

    let log = log.lock().unwrap().clone();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let requests = lines.iter().filter(|line| line["route"] == "/v1/keys");
    let requests: Vec<_> = requests
        .map(|line| (&line["status"], &line["span"]["id"]))
        .collect();
    assert_eq!(
        requests,
        [(&serde_json::json!(415), &serde_json::json!("request-1"))],
        "{log}"
    );
    for secret in [
        token.as_str(),
        &token[36..],
        "t0ken",
        "s3cret name",
        "bWFycXVlZS1",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_fault_point_aborts_the_process_and_the_job_is_done_by_the_next(db: PgPool) {
    output(marquee_on(&db, &["migrate"])).await;

    // The first schedule asks for jobs at once.
    let mut command = marquee_on(&db, &["work", "--roles", "cron"]);
    command
        .env("MARQUEE_FAULT", "jobs.claimed:1")
        .stderr(Stdio::null());
    let ended = tokio::time::timeout(Duration::from_secs(30), command.status())
        .await
        .expect("it aborts");

    use std::os::unix::process::ExitStatusExt as _;
    assert_eq!(ended.unwrap().signal(), Some(6), "SIGABRT");
    let (_, jobs, _) = output(marquee_on(&db, &["jobs", "list", "--status", "leased", "--json"])).await;
    let jobs: serde_json::Value = serde_json::from_str(&jobs).unwrap();
    assert_eq!(
        jobs["items"][0]["attempts"], 1,
        "its lease is what another worker waits for"
    );
}

#[sqlx::test(migrations = false)]
async fn an_import_whose_output_is_no_terminal_draws_nothing(db: PgPool) {
    output(marquee_on(&db, &["migrate"])).await;
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/rules.csv");
    let csv = "kind,rule,url\r\nroute,1,fallback\r\nroute,2,https://quotes.acme.example/\r\n";
    std::fs::write(path, csv).unwrap();
    let (code, ..) = output(marquee_on(&db, &["brands", "create", "acme", "--name", "Acme"])).await;
    assert_eq!(code, Some(0));

    let import = ["rules", "import", "acme", path, "--json"];
    let (code, report, drawn) = output(marquee_on(&db, &import)).await;

    assert_eq!(code, Some(3), "no destination is allowed yet: {report}");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["applied"], &report["rules"]), (&true.into(), &2.into()));
    assert_eq!(drawn, "");
}

#[sqlx::test(migrations = false)]
async fn what_takes_two_is_asked_for_and_the_layers_are_compared(db: PgPool) {
    let run = async |arguments: &[&str]| output(marquee_on(&db, arguments)).await;
    let done = async |arguments: &[&str]| -> serde_json::Value {
        let (code, out, errors) = run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(code, Some(0), "{arguments:?}: {errors}");
        serde_json::from_str(&out).unwrap()
    };
    run(&["migrate"]).await;
    let folder = env!("CARGO_TARGET_TMPDIR");
    let (settings, rules) = (format!("{folder}/two.json"), format!("{folder}/two.csv"));
    let whole = serde_json::json!({
        "languages": ["en"], "default_language": "en", "destinations": ["quotes.acme.example"],
        "products": [{ "code": "auto" }],
    });
    std::fs::write(&settings, whole.to_string()).unwrap();
    std::fs::write(
        &rules,
        "kind,rule,url\r\nroute,1,https://quotes.acme.example/a\r\n",
    )
    .unwrap();
    done(&["brands", "create", "acme", "--settings", &settings]).await;
    done(&["rules", "import", "acme", &rules]).await;
    let none = run(&["rules", "requests", "list", "acme"]).await;
    assert_eq!((none.0, none.1.trim()), (Some(0), "nothing was asked for"));

    let policy = done(&["brands", "policy", "acme", "--four-eyes", "true"]).await;
    assert_eq!(
        (&policy["four_eyes"], &policy["max_changed_percent"]),
        (&true.into(), &20.into())
    );
    let (code, _, errors) = run(&["rules", "publish", "acme"]).await;
    assert_eq!(
        (code, errors.contains("[four_eyes]")),
        (Some(1), true),
        "{errors}"
    );

    let asked = done(&["rules", "requests", "ask", "acme", "--note", "the first"]).await;
    assert_eq!(asked["status"], "pending");
    let id = asked["id"].as_str().unwrap();
    let (code, _, errors) = run(&["rules", "requests", "approve", "acme", id]).await;
    assert_eq!(
        (code, errors.contains("another person must")),
        (Some(1), true),
        "{errors}"
    );
    let cancelled = done(&["rules", "requests", "cancel", "acme", id]).await;
    assert_eq!(cancelled["status"], "cancelled");

    done(&["brands", "policy", "acme", "--four-eyes", "false"]).await;
    done(&["rules", "publish", "acme"]).await;
    let mut status = marquee_on(&db, &["rules", "status", "acme"]);
    status.env("MARQUEE_EDGE_URL", "http://127.0.0.1:1");
    let (code, layers, _) = output(status).await;
    assert_eq!(code, Some(3), "neither KV nor the edge has it: {layers}");
    for word in ["database", "KV", "pending", "http://127.0.0.1:1", "unreachable"] {
        assert!(layers.contains(word), "{word} is not in\n{layers}");
    }
    let (code, _, errors) = run(&["hits", "canary", "acme"]).await;
    assert_eq!(
        (code, errors.contains("no canary is running")),
        (Some(1), true),
        "{errors}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_test_mail_is_asked_for_seen_and_its_address_suppressed(db: PgPool) {
    assert_eq!(output(marquee_on(&db, &["migrate"])).await.0, Some(0));
    let run = async |arguments: &[&str]| {
        let (code, said, error) = output(marquee_on(&db, arguments)).await;
        assert_eq!(code, Some(0), "{arguments:?}: {error}");
        said
    };

    assert_eq!(run(&["mail", "list"]).await, "no such mails\n");
    let asked = run(&["mail", "test", "--to", "Ana <ana@acme.example>", "--locale", "en"]).await;
    assert_eq!(
        asked,
        "a mail to Ana <ana@acme.example> is on its way; a worker must be running\n"
    );
    let list = run(&["mail", "list", "--status", "waiting", "--json"]).await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let mail = &list["items"][0];
    assert_eq!(
        (&mail["address"], &mail["locale"]),
        (&"ana@acme.example".into(), &"en".into())
    );
    let shown = run(&["mail", "show", mail["id"].as_str().unwrap()]).await;
    assert!(
        shown.starts_with("platform.test to Ana <ana@acme.example>, en\nabout platform.test/"),
        "{shown}"
    );
    let (code, _, error) = output(marquee_on(&db, &["mail", "retry", mail["id"].as_str().unwrap()])).await;
    assert_eq!(
        (code, error.as_str()),
        (
            Some(1),
            "marquee: the mail was not given up: it waits, was sent or was discarded\n"
        )
    );

    assert_eq!(
        run(&["mail", "suppressions", "list"]).await,
        "every address gets mail\n"
    );
    run(&[
        "mail",
        "suppressions",
        "add",
        "ana@acme.example",
        "--detail",
        "asked us to",
    ])
    .await;
    assert!(
        run(&["mail", "suppressions", "list"])
            .await
            .contains("ana@acme.example")
    );
    assert_eq!(
        run(&["mail", "suppressions", "remove", "ANA@acme.example"]).await,
        "ANA@acme.example gets mail again\n"
    );
    let (code, _, _) = output(marquee_on(&db, &["mail", "test", "--to", "nobody"])).await;
    assert_eq!(code, Some(2));
}
