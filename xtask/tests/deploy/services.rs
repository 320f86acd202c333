//! `deploy/services.sh`.

use std::process::{Command, Output};

use crate::{Stage, said};

fn wait(stage: &Stage, settings: &str, with: impl FnOnce(&mut Command)) -> Output {
    let settings = stage.write("services.json", settings);
    let mut script = stage.script("services.sh");
    script.arg(settings);
    with(&mut script);
    script.output().unwrap()
}

const API: &str = r#"{"cluster":"marquee-staging","task_definitions":{"api":"arn:api:7"}}"#;

#[test]
fn services_are_waited_for_until_they_run_what_was_applied() {
    let stage = Stage::new("services");
    let output = wait(&stage, API, |script| {
        script.env("FAKE_LOOKS", "2");
    });

    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(stage.lines("calls").len(), 3);
}

#[test]
fn a_service_that_went_back_or_never_got_ready_fails_the_deployment() {
    for (name, variable, value, says) in [
        (
            "went-back",
            "FAKE_RUNS",
            "arn:api:6",
            "api went back to arn:api:6",
        ),
        ("failed", "FAKE_STATE", "FAILED", "api: tasks failed to start"),
        ("slow", "WAIT_MINUTES", "0", "after 0 minutes: api"),
    ] {
        let stage = Stage::new(name);
        let output = wait(&stage, API, |script| {
            script.env("FAKE_LOOKS", if name == "slow" { "1000000" } else { "0" });
            script.env(variable, value);
        });

        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        assert!(said(&output).contains(says), "{name}: {}", said(&output));
    }
}

#[test]
fn a_service_that_is_not_there_fails_the_deployment() {
    let stage = Stage::new("missing-service");
    let settings =
        r#"{"cluster":"marquee-staging","task_definitions":{"api":"arn:api:7","worker":"arn:worker:7"}}"#;
    let output = wait(&stage, settings, |_| {});

    assert!(
        said(&output).contains("worker has no deployment"),
        "{}",
        said(&output)
    );
}
