//! `deploy/changes.mjs`.

use std::path::Path;
use std::process::{Command, Output};

use crate::{Stage, root, said};

const SERVICE: (&str, &str) = ("module.core.aws_ecs_service.this[\"api\"]", "\"update\"");
const QUEUE: (&str, &str) = ("module.edge.cloudflare_queue.hits", "\"delete\",\"create\"");

/// As `terraform show -json` prints it.
fn plan(stage: &Stage, name: &str, changes: &[(&str, &str)]) -> std::path::PathBuf {
    let changes = changes.iter().map(|(address, actions)| {
        let address = address.replace('"', "\\\"");
        format!("{{\"address\":\"{address}\",\"change\":{{\"actions\":[{actions}]}}}}")
    });
    let changes: Vec<_> = changes.collect();
    stage.write(
        name,
        &format!(
            "{{\"format_version\":\"1.2\",\"resource_changes\":[{}]}}",
            changes.join(",")
        ),
    )
}

fn run(arguments: &[&Path]) -> Output {
    let mut node = Command::new("node");
    node.arg(root().join("deploy/changes.mjs")).args(arguments);
    node.output().unwrap()
}

#[test]
fn what_changes_is_listed_and_what_stays_is_not() {
    let stage = Stage::new("changes");
    let looked_up = ("data.aws_region.current", "\"read\"");
    let stays = ("module.edge.cloudflare_queue.dead", "\"no-op\"");
    let plan = plan(&stage, "plan.json", &[QUEUE, looked_up, stays, SERVICE]);

    let output = run(&[Path::new("list"), &plan]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "delete+create module.edge.cloudflare_queue.hits\nupdate module.core.aws_ecs_service.this[\"api\"]\n"
    );
}

#[test]
fn no_more_is_applied_than_was_shown() {
    let stage = Stage::new("changes-within");
    let shown = run(&[Path::new("list"), &plan(&stage, "shown.json", &[QUEUE, SERVICE])]);
    let shown = stage.write("shown", &String::from_utf8(shown.stdout).unwrap());
    let within =
        |changes: &[(&str, &str)]| run(&[Path::new("within"), &shown, &plan(&stage, "plan.json", changes)]);

    assert!(within(&[SERVICE]).status.success());
    assert!(within(&[]).status.success());
    for more in [
        (SERVICE.0, "\"delete\",\"create\""),
        ("module.edge.cloudflare_queue.dead", "\"delete\""),
    ] {
        let output = within(&[QUEUE, more]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).contains("not what was approved"),
            "{}",
            said(&output)
        );
        assert!(
            said(&output).contains(more.0) && !said(&output).contains(QUEUE.0),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn what_is_no_plan_is_refused() {
    let stage = Stage::new("changes-refused");
    let output = run(&[Path::new("list"), &stage.write("plan.json", "{}")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("is no plan"), "{}", said(&output));
}
