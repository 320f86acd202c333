//! What is set up by hand: terraform/README.md names all of it, or whoever sets it up finds out by what fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

const PAGE: &str = "terraform/README.md";
const ENVIRONMENTS: [&str; 2] = ["staging", "production"];

/// # Errors
/// Names what has no row in the page.
pub(super) fn check(root: &Path) -> Result<()> {
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| format!("reading {file}"));
    let page = read(PAGE)?;
    let secrets = secrets(&read("terraform/modules/environment/settings.tf")?);
    ensure!(
        secrets.contains("DATABASE_URL"),
        "settings.tf no longer says which secrets there are"
    );
    let mut environments = BTreeSet::new();
    for file in fs::read_dir(root.join(".github/workflows")).context("reading .github/workflows")? {
        let file = file.context("reading .github/workflows")?.path();
        environments.extend(environments_of(
            &fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?,
        ));
    }
    for name in secrets.iter().chain(&environments) {
        ensure!(
            has_row(&page, name),
            "{PAGE} has no row that begins with `{name}`: say how it is set up"
        );
    }
    Ok(())
}

/// Those that `secrets = toset(…)` lists.
fn secrets(settings: &str) -> BTreeSet<String> {
    let (_, list) = settings.split_once("secrets = toset(").unwrap_or_default();
    let quoted = list.split('"').skip(1).step_by(2);
    let is_name =
        |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    quoted.filter(is_name).map(str::to_owned).collect()
}

/// GitHub's environments that a workflow's jobs are of.
fn environments_of(workflow: &str) -> BTreeSet<String> {
    let named = workflow
        .lines()
        .filter_map(|line| line.strip_prefix("    environment: "));
    let each = named.flat_map(|name| match name.rsplit_once('}') {
        Some((_, after)) => ENVIRONMENTS
            .map(|environment| format!("{environment}{after}"))
            .to_vec(),
        None => vec![name.to_owned()],
    });
    each.collect()
}

/// Whether a table has it in its first column, maybe beside others.
fn has_row(page: &str, name: &str) -> bool {
    let first = |line: &str| {
        line.trim_start()
            .strip_prefix("| ")?
            .split(" | ")
            .next()
            .map(|cell| cell.contains(&format!("`{name}`")))
    };
    page.lines().any(|line| first(line).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_up_by_hand_is_found_and_so_is_its_row() {
        let settings = "x = \"A_SETTING\"\nsecrets = toset(concat(\n [\"DATABASE_URL\"],\n a == null ? [] : [\"SMTP_URL\"]))";
        assert_eq!(
            secrets(settings).into_iter().collect::<Vec<_>>(),
            ["DATABASE_URL", "SMTP_URL"]
        );

        let workflow = "    environment: release\n    environment: ${{ matrix.environment }}-read\n        environment: not one\n";
        let found = environments_of(workflow).into_iter().collect::<Vec<_>>();
        assert_eq!(found, ["production-read", "release", "staging-read"]);

        let page = "`SMTP_URL`\n| `staging-read`, `production-read` | looks |\n| a | `DATABASE_URL` |\n";
        assert!(has_row(page, "production-read"));
        assert!(!has_row(page, "SMTP_URL") && !has_row(page, "DATABASE_URL"));
    }
}
