//! The reference of the API, the command line and the settings, as pages: made of what the program tells of itself.

mod cli;
mod example;
mod operation;
mod permissions;
mod settings;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::checkout::{Checkout, create_dir};
use crate::command;

use super::book;
use operation::Operation;

/// Writes the pages into `source/reference` and returns their lines for the table of contents.
pub(super) fn write(checkout: &Checkout, source: &Path) -> Result<String> {
    let document = command::capture(book::marquee(checkout).arg("openapi"))?;
    let document: Value = serde_json::from_str(&document).context("reading the API's document")?;
    let folder = source.join("reference");
    create_dir(&folder)?;
    fs::write(folder.join("openapi.json"), document.to_string()).context("writing the API's document")?;

    let mut pages = Vec::new();
    let mut page = |name: &str, title: &str, text: String| -> Result<()> {
        let path = folder.join(format!("{name}.md"));
        fs::write(&path, format!("# {title}\n\n{text}"))
            .with_context(|| format!("writing {}", path.display()))?;
        pages.push(format!("- [{title}](reference/{name}.md)"));
        Ok(())
    };
    let tags = by_tag(&document);
    if tags.is_empty() {
        bail!("the API's document has no operations");
    }
    page("permissions", "Permissions", permissions::page(&document, &tags))?;
    for (tag, operations) in &tags {
        let text: String = operations
            .iter()
            .map(|operation| operation.text(&document))
            .collect();
        page(
            &format!("api-{tag}"),
            &format!("API: {tag}"),
            contents(operations) + &text,
        )?;
    }
    page("commands", "Commands", cli::page(checkout)?)?;
    page("settings", "Settings", settings::page(checkout)?)?;
    Ok(pages.join("\n"))
}

fn by_tag(document: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut tags: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, said) in item.as_object().into_iter().flatten() {
            let tag = said["tags"][0].as_str().unwrap_or("other");
            tags.entry(tag)
                .or_default()
                .push(Operation { method, path, said });
        }
    }
    tags
}

fn contents(operations: &[Operation<'_>]) -> String {
    let rows: String = operations
        .iter()
        .map(|operation| {
            format!(
                "| [{}](#{}) | {} |\n",
                operation.title(),
                operation.anchor(),
                operation.gist()
            )
        })
        .collect();
    format!("| route | what |\n|---|---|\n{rows}\n")
}
