//! `deploy/release.mjs`. It writes beside itself, so the tests give it a copy.

use std::fs;
use std::process::{Command, Output};

use crate::{Stage, root, said};

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

fn release(stage: &Stage, arguments: &[&str]) -> Output {
    fs::create_dir_all(stage.file("deploy")).unwrap();
    fs::create_dir_all(stage.file("terraform/envs/staging")).unwrap();
    fs::copy(
        root().join("deploy/release.mjs"),
        stage.file("deploy/release.mjs"),
    )
    .unwrap();
    let mut node = Command::new("node");
    node.arg(stage.file("deploy/release.mjs"))
        .args(arguments)
        .output()
        .unwrap()
}

fn write(stage: &Stage, digest: &str) -> Output {
    let digest = format!("image_digest={digest}");
    let sha = format!("git_sha={SHA}");
    let fields = [
        "write",
        "staging",
        "version=1.2.3",
        &sha,
        "image=ghcr.io/acme/marquee",
        &digest,
        "worker_version=11111111-1111-1111-1111-111111111111",
        "log_worker_version=22222222-2222-2222-2222-222222222222",
    ];
    release(stage, &fields)
}

#[test]
fn what_is_written_is_read_again_with_the_build_that_healthz_tells() {
    let stage = Stage::new("release");
    let output = write(&stage, &format!("sha256:{}", "1a".repeat(32)));
    assert!(output.status.success(), "{}", said(&output));
    stage.write("terraform/envs/staging/.terraform.lock.hcl", "");

    let read = release(&stage, &["get", "staging"]);
    let lines = String::from_utf8(read.stdout).unwrap();
    assert!(lines.contains(&format!("git_sha={SHA}\n")), "{lines}");
    assert!(lines.ends_with("build=1.2.3+0123456789ab\n"), "{lines}");
}

#[test]
fn a_tag_and_a_release_of_nothing_are_refused() {
    let stage = Stage::new("release-refused");
    let tag = write(&stage, "latest");
    assert_eq!(tag.status.code(), Some(1));
    assert!(said(&tag).contains("image_digest is `latest`"), "{}", said(&tag));

    let zeros = write(&stage, &format!("sha256:{}", "0".repeat(64)));
    assert!(
        said(&zeros).contains("image_digest is all zeros"),
        "{}",
        said(&zeros)
    );
    assert!(!stage.file("terraform/envs/staging/release.json").exists());
}

#[test]
fn what_any_version_of_a_provider_could_deploy_is_refused() {
    let stage = Stage::new("release-unlocked");
    write(&stage, &format!("sha256:{}", "1a".repeat(32)));
    for command in ["get", "check"] {
        let output = release(&stage, &[command, "staging"]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let remedy = "run `terraform providers lock -platform=linux_amd64";
        assert!(said(&output).contains(remedy), "{}", said(&output));
    }
}

#[test]
fn one_field_is_set_and_the_others_stay() {
    let stage = Stage::new("release-set");
    write(&stage, &format!("sha256:{}", "1a".repeat(32)));
    stage.write("terraform/envs/staging/.terraform.lock.hcl", "");
    let before = release(&stage, &["get", "staging"]).stdout;

    let id = "log_worker_version=33333333-3333-3333-3333-333333333333";
    let output = release(&stage, &["set", "staging", id]);
    assert!(output.status.success(), "{}", said(&output));
    let after = String::from_utf8(release(&stage, &["get", "staging"]).stdout).unwrap();
    let before = String::from_utf8(before).unwrap();
    assert_eq!(
        after,
        before.replace(
            "22222222-2222-2222-2222-222222222222",
            "33333333-3333-3333-3333-333333333333"
        )
    );

    let slip = release(
        &stage,
        &[
            "set",
            "staging",
            "log_workers_version=33333333-3333-3333-3333-333333333333",
        ],
    );
    assert!(
        said(&slip).contains("there is no field log_workers_version"),
        "{}",
        said(&slip)
    );
}
