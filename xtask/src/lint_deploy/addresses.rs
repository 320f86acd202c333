//! What workflows ask of Terraform by name, where a slip of the pen asks for nothing and fails nothing: addresses after
//! `-target=`, and outputs.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

const MODULES: &str = "terraform/modules";
const ENVIRONMENTS: [&str; 2] = ["staging", "production"];

/// # Errors
/// Names the first address or output that is not there.
pub(super) fn check(root: &Path) -> Result<()> {
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| format!("reading {file}"));
    let parts = read(&format!("{MODULES}/environment/main.tf"))?;
    let (deploy, propose) = (
        read(".github/workflows/deploy.yml")?,
        read(".github/workflows/propose.yml")?,
    );
    let targets = targets(&deploy);
    ensure!(
        !targets.is_empty(),
        "deploy.yml no longer says what a migration needs"
    );
    for target in targets {
        let folder = target.folder(&parts).with_context(|| {
            format!(
                "deploy.yml: there is no module `{}` in {MODULES}/environment/main.tf",
                target.module
            )
        })?;
        ensure!(
            target
                .resource
                .is_none_or(|resource| declares(&root.join(MODULES).join(folder), resource)),
            "deploy.yml: {MODULES}/{folder} has no {}",
            target.resource.unwrap_or_default()
        );
    }
    for environment in ENVIRONMENTS {
        let outputs = read(&format!("terraform/envs/{environment}/outputs.tf"))?;
        for output in outputs_of(&deploy).chain(outputs_of(&propose)) {
            ensure!(
                outputs.contains(&format!("output \"{output}\" {{")),
                "a workflow asks for the output `{output}`, which terraform/envs/{environment} has not"
            );
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Target<'a> {
    /// `core`, a part of module `environment`.
    module: &'a str,
    /// `aws_ecs_cluster.this`, if not the whole of it.
    resource: Option<&'a str>,
}

impl Target<'_> {
    /// The folder of its source, `core_service`.
    fn folder<'a>(&self, parts: &'a str) -> Option<&'a str> {
        let (_, part) = parts.split_once(&format!("module \"{}\" {{", self.module))?;
        let (_, source) = part.split_once("source = \"../")?;
        source.split('"').next()
    }
}

/// Of `-target=module.environment.module.core.aws_ecs_cluster.this`, in quotes or not.
fn targets(workflow: &str) -> Vec<Target<'_>> {
    let rests = workflow.split("-target=").skip(1);
    let targets = rests.filter_map(|rest| {
        let address = rest.trim_start_matches('\'');
        let address = address.split(['\'', ' ', '\n', '[']).next()?;
        let address = address
            .strip_prefix("module.environment.module.")
            .unwrap_or(address);
        let (module, resource) = match address.split_once('.') {
            Some((module, resource)) => (module, Some(resource)),
            None => (address, None),
        };
        Some(Target { module, resource })
    });
    targets.collect()
}

/// Whether a file in `folder` has the resource `type.name`.
fn declares(folder: &Path, resource: &str) -> bool {
    let Some((kind, name)) = resource.split_once('.') else {
        return false;
    };
    let block = format!("resource \"{kind}\" \"{name}\" {{");
    let Ok(files) = fs::read_dir(folder) else {
        return false;
    };
    files
        .flatten()
        .any(|file| fs::read_to_string(file.path()).is_ok_and(|text| text.contains(&block)))
}

fn outputs_of(workflow: &str) -> impl Iterator<Item = &str> {
    let rests = workflow.split("output -json ").skip(1);
    rests.filter_map(|rest| rest.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_quotes() {
        let workflow = "apply -target=module.environment.module.network \\\n  \
                        -target='module.environment.module.core.aws_ecs_task_definition.this[\"migrate\"]'\n output -json worker >w";
        let target = |module, resource| Target { module, resource };
        assert_eq!(
            targets(workflow),
            [
                target("network", None),
                target("core", Some("aws_ecs_task_definition.this"))
            ]
        );
        assert_eq!(outputs_of(workflow).collect::<Vec<_>>(), ["worker"]);
    }

    #[test]
    fn a_slip_of_the_pen_is_found() {
        let parts = "module \"core\" {\n  source = \"../core_service\"\n";
        let [core, lost] = ["core", "cores"].map(|module| {
            Target {
                module,
                resource: None,
            }
            .folder(parts)
        });
        assert_eq!((core, lost), (Some("core_service"), None));
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../terraform/modules");
        assert!(declares(&modules.join("core_service"), "aws_ecs_cluster.this"));
        assert!(!declares(&modules.join("core_service"), "aws_ecs_cluster.that"));
    }
}
