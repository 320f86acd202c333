//! `deploy/wrangler-config.mjs`.

use std::process::{Command, Output};

use crate::{Stage, root, said};

const NAMESPACE: &str = "0123456789abcdef0123456789abcdef";

fn config(stage: &Stage, what: &str, settings: &str) -> Output {
    let settings = stage.write("worker.json", settings);
    let mut node = Command::new("node");
    node.args(["deploy/wrangler-config.mjs", what]).arg(settings);
    node.current_dir(root()).output().unwrap()
}

#[test]
fn wrangler_is_told_the_namespace_and_not_to_build_anything() {
    let stage = Stage::new("config");
    let output = config(
        &stage,
        "staging",
        &format!("{{\"kv_namespace_id\":\"{NAMESPACE}\"}}"),
    );
    assert!(output.status.success(), "{}", said(&output));

    let toml = String::from_utf8(output.stdout).unwrap();
    assert!(toml.contains(&format!(
        "[[env.staging.kv_namespaces]]\nbinding = \"RULES\"\nid = \"{NAMESPACE}\"\n"
    )));
    // It would run others' build scripts where Cloudflare's token is.
    assert!(!toml.contains("[build]") && !toml.contains("command ="), "{toml}");
    assert!(
        toml.contains("\n[limits]\n") && toml.contains("\nmain = \"edge/js/worker.js\"\n"),
        "{toml}"
    );
}

#[test]
fn settings_without_a_namespace_are_refused() {
    let stage = Stage::new("config-refused");
    let output = config(&stage, "staging", "{}");
    assert!(!output.status.success());
    assert!(
        said(&output).contains("names no namespace of KV"),
        "{}",
        said(&output)
    );
}
