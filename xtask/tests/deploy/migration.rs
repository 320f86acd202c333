//! `deploy/migrate.sh`.

use std::process::{Command, Output};

use crate::{Stage, said};

const SETTINGS: &str = r#"{"cluster":"marquee-staging","task_definition":"arn:migrate:7","subnets":["subnet-1"],"security_groups":["sg-1"],"container":"marquee","log_group":"/migrate","log_prefix":"migrate"}"#;

fn migrate(stage: &Stage, with: impl FnOnce(&mut Command)) -> Output {
    let settings = stage.write("migration.json", SETTINGS);
    let mut script = stage.script("migrate.sh");
    script.arg(settings);
    with(&mut script);
    script.output().unwrap()
}

#[test]
fn a_migration_is_waited_for_until_it_is_over() {
    let stage = Stage::new("migrated");
    let output = migrate(&stage, |script| {
        script.env("FAKE_LOOKS", "3").env("FAKE_ENDS", ",\"exitCode\":0");
    });

    assert!(output.status.success(), "{}", said(&output));
    let calls = stage.lines("calls");
    let looks = calls.iter().filter(|call| call.starts_with("ecs describe-tasks"));
    assert_eq!(looks.count(), 4, "{calls:?}");
    assert!(
        calls[0].contains("--cluster marquee-staging --task-definition arn:migrate:7"),
        "{}",
        calls[0]
    );
    assert!(
        calls[0].contains(r#"{"awsvpcConfiguration":{"subnets":["subnet-1"],"securityGroups":["sg-1"],"assignPublicIp":"DISABLED"}}"#),
        "{}",
        calls[0]
    );
}

#[test]
fn a_migration_that_fails_in_whatever_way_stops_the_deployment() {
    for (name, variable, value, says) in [
        (
            "exit-1",
            "FAKE_ENDS",
            ",\"exitCode\":1",
            "ended with 1: it is over",
        ),
        ("no-exit", "FAKE_ENDS", "", "ended with no exit code: it is over"),
        (
            "not-started",
            "FAKE_REFUSES",
            "RESOURCE:MEMORY",
            "RESOURCE:MEMORY",
        ),
    ] {
        let stage = Stage::new(name);
        let output = migrate(&stage, |script| {
            script.env(variable, value);
        });

        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        assert!(said(&output).contains(says), "{name}: {}", said(&output));
    }
}

#[test]
fn a_migration_that_never_ends_is_stopped() {
    let stage = Stage::new("endless");
    let output = migrate(&stage, |script| {
        script.env("FAKE_LOOKS", "1000000").env("WAIT_MINUTES", "0");
    });

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(stage.lines("calls").last().unwrap().starts_with("ecs stop-task"));
}

#[test]
fn what_terraform_did_not_print_is_refused_before_aws_is_asked() {
    let stage = Stage::new("no-settings");
    let settings = stage.write("migration.json", "{\"subnets\":[],\"security_groups\":[]}");
    let output = stage.script("migrate.sh").arg(settings).output().unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(stage.lines("calls").is_empty());
}
