//! `deploy/marquee.sh` and `deploy/database-role.sh`.

use std::process::{Command, Output};

use crate::{Stage, said};

const COMMAND: &str = r#"{"cluster":"marquee-staging","task_definition":"arn:worker:7","subnets":["subnet-1"],"security_groups":["sg-1"],"container":"marquee","log_group":"/worker","log_prefix":"worker"}"#;

fn marquee(stage: &Stage, arguments: &[&str], with: impl FnOnce(&mut Command)) -> Output {
    stage.write("command.json", COMMAND);
    let mut script = stage.script("marquee.sh");
    script.args(arguments);
    with(&mut script);
    script.output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn calls(stage: &Stage, beginning: &str) -> Vec<String> {
    let mut calls = stage.lines("calls");
    calls.retain(|call| call.starts_with(beginning));
    calls
}

#[test]
fn a_verb_is_run_where_the_worker_is_and_what_it_says_is_handed_on() {
    let stage = Stage::new("verb");
    stage.write("log", "rules: fine\nbooks: a proof does not hold\n");
    let output = marquee(&stage, &["staging", "doctor", "--only", "books it's"], |script| {
        script.env("FAKE_LOOKS", "3").env("FAKE_ENDS", ",\"exitCode\":7");
    });

    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    assert_eq!(printed(&output), "rules: fine\nbooks: a proof does not hold\n");
    let run = calls(&stage, "ecs run-task");
    assert!(run[0].contains("--task-definition arn:worker:7"), "{run:?}");
    assert!(
        run[0].contains(
            r#"{"containerOverrides":[{"name":"marquee","command":["doctor","--only","books it's"]}]}"#
        ),
        "{run:?}"
    );
    let read = calls(&stage, "logs get-log-events");
    assert!(
        read[0].contains("--log-group-name /worker --log-stream-name worker/marquee/arn:task"),
        "{read:?}"
    );
    assert!(calls(&stage, "logs delete").is_empty());
}

#[test]
fn a_verb_that_shows_a_secret_leaves_no_log() {
    let stage = Stage::new("verb-secret");
    stage.write("log", "made a key\n");
    let output = marquee(&stage, &["--forget", "staging", "keys", "create"], |script| {
        script.env("FAKE_ENDS", ",\"exitCode\":0");
    });

    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(printed(&output), "made a key\n");
    assert_eq!(
        calls(&stage, "logs delete"),
        ["logs delete-log-stream --log-group-name /worker --log-stream-name worker/marquee/arn:task"]
    );
}

#[test]
fn a_verb_that_was_not_run_to_its_end_never_looks_as_if_it_was() {
    for (name, variable, value, says) in [
        ("verb-no-exit", "FAKE_ENDS", "", "no exit code: it is over"),
        (
            "verb-not-started",
            "FAKE_REFUSES",
            "RESOURCE:MEMORY",
            "RESOURCE:MEMORY",
        ),
        (
            "verb-endless",
            "WAIT_MINUTES",
            "0",
            "more than 0 minutes and was stopped",
        ),
    ] {
        let stage = Stage::new(name);
        let output = marquee(&stage, &["staging", "doctor"], |script| {
            if name == "verb-endless" {
                script.env("FAKE_LOOKS", "1000000");
            }
            script.env(variable, value);
        });

        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        assert!(said(&output).contains(says), "{name}: {}", said(&output));
    }
}

#[test]
fn a_verb_of_nowhere_is_refused_before_aws_is_asked() {
    let stage = Stage::new("verb-nowhere");
    for arguments in [&["nowhere", "doctor"][..], &["staging"], &["--forget", "staging"]] {
        let output = marquee(&stage, arguments, |_| {});
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {}", said(&output));
    }
    assert!(stage.lines("calls").is_empty());
}

#[test]
fn the_role_of_postgres_is_made_by_a_task_of_its_own() {
    let stage = Stage::new("database-role");
    let settings = COMMAND
        .replace("arn:worker:7", "arn:database-role:1")
        .replace("\"container\":\"marquee\"", "\"container\":\"database-role\"");
    stage.write("database_role.json", &settings);
    let make = |code: &str| {
        let ends = format!("}},{{\"name\":\"database-role\",\"exitCode\":{code}");
        let mut script = stage.script("database-role.sh");
        script.arg("staging").env("FAKE_ENDS", ends).output().unwrap()
    };

    let output = make("0");
    assert!(output.status.success(), "{}", said(&output));
    let run = calls(&stage, "ecs run-task");
    assert!(
        run[0].contains("--task-definition arn:database-role:1") && run[0].contains("--overrides {} "),
        "{run:?}"
    );
    let failed = make("2");
    assert_eq!(failed.status.code(), Some(1), "{}", said(&failed));
    assert!(said(&failed).contains("not made (2)"), "{}", said(&failed));
}

#[test]
fn each_script_says_what_it_is_for() {
    let stage = Stage::new("help");
    for (name, says) in [
        ("marquee.sh", "deploy/marquee.sh production doctor"),
        ("database-role.sh", "deploy/database-role.sh staging"),
        ("migrate.sh", "deploy/migrate.sh migration.json"),
        ("services.sh", "deploy/services.sh services.json"),
        ("worker.sh", "deploy/worker.sh rollback ENVIRONMENT"),
    ] {
        let output = stage.script(name).arg("--help").output().unwrap();
        let printed = printed(&output);
        assert!(
            output.status.success() && printed.contains(says),
            "{name}: {printed}"
        );
        assert!(!printed.contains("shellcheck"), "{name}: {printed}");
    }
    assert!(stage.lines("calls").is_empty());
}
