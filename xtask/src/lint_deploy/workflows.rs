//! What GitHub's workflows must keep to that no linter knows of: each breach fails nothing here, and something there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value};

use crate::command;

const FOLDER: &str = ".github/workflows";
/// Prints the file it is given as JSON. The linters bring the parser.
const AS_JSON: &str = "import json, sys, ruamel.yaml\n\
    print(json.dumps(ruamel.yaml.YAML(typ='safe').load(open(sys.argv[1], encoding='utf-8'))))";

/// What signs a job in to AWS.
const SIGN_IN: &str = "aws-actions/configure-aws-credentials@";

/// By the names of their files.
type Workflows = BTreeMap<String, Value>;

const RULES: [fn(&Workflows) -> Vec<String>; 4] = [
    secrets_reach_what_is_called,
    nobody_builds_who_is_signed_in,
    what_is_applied_was_shown,
    a_session_lasts_as_long_as_its_job,
];

/// # Errors
/// Says every breach.
pub(super) fn check(root: &Path, programs: &Path) -> Result<()> {
    let workflows = read(root, programs)?;
    let faults: Vec<_> = RULES.iter().flat_map(|rule| rule(&workflows)).collect();
    ensure!(faults.is_empty(), "{FOLDER}:\n{}", faults.join("\n"));
    Ok(())
}

fn read(root: &Path, programs: &Path) -> Result<Workflows> {
    let entries = fs::read_dir(root.join(FOLDER)).with_context(|| format!("reading {FOLDER}"))?;
    let files = entries.flatten().map(|entry| entry.path());
    let workflows = files.map(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut python = Command::new(programs.join("python"));
        let json = command::capture(python.args(["-c", AS_JSON]).arg(&file))?;
        let workflow = serde_json::from_str(&json).with_context(|| format!("reading {name} as JSON"))?;
        Ok((name.into_owned(), workflow))
    });
    workflows.collect()
}

/// A called workflow is given no secret that its caller does not name, not even those of its own environment: they are
/// empty then, and nothing says so.
fn secrets_reach_what_is_called(workflows: &Workflows) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, workflow) in workflows {
        let Some(called) = workflow.pointer("/on/workflow_call") else {
            continue;
        };
        let used = secrets_used(workflow);
        for secret in used.difference(&keys(called.get("secrets"))) {
            faults.push(format!(
                "{name} uses the secret {secret} without declaring it, so none can be handed to it"
            ));
        }
        for (caller, job, call) in calls_of(workflows, name) {
            for secret in used.difference(&keys(call.get("secrets"))) {
                faults.push(format!(
                    "{caller}, job `{job}`, calls {name} without its secret {secret}, which is empty then"
                ));
            }
        }
    }
    faults
}

/// Whatever is built runs what others wrote (build scripts, macros), and could do all that the job may at AWS or Cloudflare.
fn nobody_builds_who_is_signed_in(workflows: &Workflows) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, workflow) in workflows {
        for (job, content) in jobs(workflow) {
            let signs_in = steps(content).any(|step| text(step, "uses").starts_with(SIGN_IN));
            let builds =
                steps(content).any(|step| text(step, "run").split_whitespace().any(|word| word == "cargo"));
            if builds && (signs_in || !secrets_used(content).is_empty()) {
                faults.push(format!(
                    "{name}, job `{job}`, builds where it is signed in: hand on what another job built"
                ));
            }
        }
    }
    faults
}

/// Before anybody approves there is a plan by a role that only looks, what is applied is a plan's file, and providers are
/// those of the lock file.
fn what_is_applied_was_shown(workflows: &Workflows) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, workflow) in workflows {
        for (job, content) in jobs(workflow) {
            let runs: Vec<_> = steps(content).map(|step| text(step, "run")).collect();
            let mut fault = |what: &str| faults.push(format!("{name}, job `{job}`, {what}"));
            if runs
                .iter()
                .any(|run| initialises(run) && !run.contains("-lockfile=readonly"))
            {
                fault("takes providers that no lock file names: say -lockfile=readonly");
            }
            if runs.iter().any(|run| run.contains("-auto-approve")) {
                fault("applies what nobody has seen: apply a plan's file");
            }
            let planned = || needs(content).any(|before| only_looks_and_plans(&workflow["jobs"][before]));
            if runs.iter().any(|run| run.contains("$TERRAFORM apply")) && !planned() {
                fault("needs no job that shows a plan before it, in an environment with `-read` behind");
            }
        }
    }
    faults
}

fn initialises(run: &str) -> bool {
    run.contains("terraform init") || run.contains("$TERRAFORM init")
}

fn only_looks_and_plans(job: &Value) -> bool {
    text(job, "environment").ends_with("-read")
        && steps(job).any(|step| text(step, "run").contains("$TERRAFORM plan"))
}

/// `needs` is one name or several.
fn needs(job: &Value) -> impl Iterator<Item = &str> {
    let needs = job.get("needs");
    let several = needs.and_then(Value::as_array).into_iter().flatten();
    several.chain(needs).filter_map(Value::as_str)
}

/// AWS lets a session lapse after an hour unless it is asked for a longer one, and the rest of the job fails then.
fn a_session_lasts_as_long_as_its_job(workflows: &Workflows) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, workflow) in workflows {
        for (job, content) in jobs(workflow) {
            let job_seconds = content["timeout-minutes"].as_u64().unwrap_or(360) * 60;
            let sign_ins = steps(content).filter(|step| text(step, "uses").starts_with(SIGN_IN));
            for seconds in sign_ins.map(|step| step["with"]["role-duration-seconds"].as_u64().unwrap_or(3600))
            {
                if seconds < job_seconds {
                    faults.push(format!(
                        "{name}, job `{job}`, may take {job_seconds} s and is signed in to AWS for {seconds}: say role-duration-seconds"
                    ));
                }
            }
        }
    }
    faults
}

/// Those of `workflow` that somebody has to set: GitHub's own token is always there.
fn secrets_used(workflow: &Value) -> BTreeSet<String> {
    let text = workflow.to_string();
    let named = text.split("secrets.").skip(1).map(|rest| {
        let end = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        rest.get(..end.unwrap_or(rest.len()))
            .unwrap_or_default()
            .to_owned()
    });
    named
        .filter(|name| !name.is_empty() && name != "GITHUB_TOKEN")
        .collect()
}

/// The jobs that call the workflow `name`, with the file that they are in.
fn calls_of<'a>(workflows: &'a Workflows, name: &str) -> Vec<(&'a str, &'a str, &'a Value)> {
    let called = format!("/{FOLDER}/{name}");
    let jobs = workflows.iter().flat_map(|(file, workflow)| {
        jobs(workflow).map(move |(job, call)| (file.as_str(), job.as_str(), call))
    });
    jobs.filter(|(_, _, call)| text(call, "uses").ends_with(&called))
        .collect()
}

fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow
        .get("jobs")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job.get("steps").and_then(Value::as_array).into_iter().flatten()
}

fn keys(map: Option<&Value>) -> BTreeSet<String> {
    let map = map.and_then(Value::as_object).into_iter();
    map.flat_map(Map::keys).cloned().collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workflows(files: &[(&str, Value)]) -> Workflows {
        files
            .iter()
            .map(|(name, workflow)| ((*name).to_owned(), workflow.clone()))
            .collect()
    }

    #[test]
    fn a_secret_that_is_not_handed_on_is_found_on_both_sides() {
        let called = |declared: Value| json!({ "on": { "workflow_call": declared }, "jobs": { "a": { "steps": [{ "env": { "T": "${{ secrets.TOKEN }}" } }] } } });
        let caller = |secrets: Value| json!({ "on": "push", "jobs": { "b": { "uses": "$/.github/workflows/called.yml", "secrets": secrets } } });
        let given = json!({ "TOKEN": "${{ secrets.TOKEN }}" });
        let whole = [
            ("called.yml", called(json!({ "secrets": { "TOKEN": {} } }))),
            ("caller.yml", caller(given)),
        ];
        assert_eq!(secrets_reach_what_is_called(&workflows(&whole)), [""; 0]);

        let lost = [
            ("called.yml", called(json!({}))),
            ("caller.yml", caller(json!({}))),
        ];
        let faults = secrets_reach_what_is_called(&workflows(&lost));
        assert!(
            faults[0].contains("called.yml uses the secret TOKEN without declaring it"),
            "{faults:?}"
        );
        assert!(
            faults[1].contains("caller.yml, job `b`, calls called.yml without its secret TOKEN"),
            "{faults:?}"
        );
    }

    #[test]
    fn a_job_that_builds_with_a_key_in_its_hands_is_found() {
        let job = |step: Value| json!({ "jobs": { "a": { "steps": [step, { "run": "npm ci\ncargo xtask edge" }] } } });
        let faults_of = |step: Value| nobody_builds_who_is_signed_in(&workflows(&[("w.yml", job(step))]));
        let found = ["w.yml, job `a`, builds where it is signed in: hand on what another job built"];
        assert_eq!(
            faults_of(json!({ "uses": "aws-actions/configure-aws-credentials@a03048d8" })),
            found
        );
        assert_eq!(
            faults_of(json!({ "env": { "T": "${{ secrets.TOKEN }}" } })),
            found
        );
        assert_eq!(
            faults_of(json!({ "env": { "T": "${{ secrets.GITHUB_TOKEN }}" } })),
            [""; 0]
        );
    }

    #[test]
    fn what_is_applied_without_having_been_shown_is_found() {
        let deploy = |planned_in: &str, init: &str, apply: &str| {
            json!({ "jobs": {
                "plan": { "environment": planned_in, "steps": [{ "run": "$TERRAFORM plan -lock=false" }] },
                "deploy": { "needs": ["which", "plan"], "steps": [{ "run": init }, { "run": apply }] },
            } })
        };
        let faults_of = |workflow: Value| what_is_applied_was_shown(&workflows(&[("deploy.yml", workflow)]));
        let init = "$TERRAFORM init -lockfile=readonly";
        assert_eq!(
            faults_of(deploy(
                "${{ matrix.environment }}-read",
                init,
                "$TERRAFORM apply rest.tfplan"
            )),
            [""; 0]
        );

        let faults = faults_of(deploy(
            "production",
            "terraform init",
            "$TERRAFORM apply -auto-approve",
        ));
        let [providers, unseen, unplanned] = faults.as_slice() else {
            panic!("{faults:?}")
        };
        assert!(
            providers.contains("deploy.yml, job `deploy`, takes providers that no lock file names"),
            "{providers}"
        );
        assert!(unseen.contains("applies what nobody has seen"), "{unseen}");
        assert!(
            unplanned.contains("needs no job that shows a plan before it"),
            "{unplanned}"
        );
    }

    #[test]
    fn a_session_that_ends_before_its_job_is_found() {
        let faults_of = |minutes: u64, with: Value| {
            let step = json!({ "uses": "aws-actions/configure-aws-credentials@a03048d8", "with": with });
            let workflow = json!({ "jobs": { "a": { "timeout-minutes": minutes, "steps": [step] } } });
            a_session_lasts_as_long_as_its_job(&workflows(&[("w.yml", workflow)]))
        };
        assert_eq!(faults_of(60, json!({})), [""; 0]);
        assert_eq!(
            faults_of(180, json!({ "role-duration-seconds": 10_800 })),
            [""; 0]
        );
        let found =
            ["w.yml, job `a`, may take 10800 s and is signed in to AWS for 3600: say role-duration-seconds"];
        assert_eq!(faults_of(180, json!({})), found);
    }
}
