//! Pages name tests that prove what they say. They must not rot.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::markdown::{files, read};

pub(super) fn faults(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for page in files(&root.join("docs"))? {
        let name = page.strip_prefix(root).context("a page of this checkout")?;
        for (file, test) in tests(&read(&page)?) {
            let source = fs::read_to_string(root.join(&file)).unwrap_or_default();
            let test_begins = match file.ends_with(".rs") {
                true => format!("fn {test}("),
                false => format!("\nrun \"{test}\" {{"),
            };
            if !source.contains(&test_begins) {
                faults.push(format!("{}: there is no test {test} in {file}", name.display()));
            }
        }
    }
    Ok(faults)
}

/// What is written as `path/file.rs::name`, or as `path/file.tftest.hcl::name` where Terraform runs it.
fn tests(text: &str) -> Vec<(String, String)> {
    // Every other piece is between backticks.
    let code = text.split('`').skip(1).step_by(2);
    let named = code.filter_map(|code| code.split_once("::"));
    named
        .filter(|(file, _)| file.ends_with(".rs") || file.ends_with(".tftest.hcl"))
        .filter(|(file, _)| !file.contains(char::is_whitespace))
        .map(|(file, test)| (file.to_owned(), test.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests_of_this {
    use super::*;

    #[test]
    fn a_test_is_named_by_its_file() {
        let found =
            tests("proven by `tests/core/a.rs::it_holds` and `t/b.tftest.hcl::so_does_it`, not by `b::c`");
        let named = |file: &str, test: &str| (file.to_owned(), test.to_owned());
        let expected = [
            named("tests/core/a.rs", "it_holds"),
            named("t/b.tftest.hcl", "so_does_it"),
        ];
        assert_eq!(found, expected);
    }
}
