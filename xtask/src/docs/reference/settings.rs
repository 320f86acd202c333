//! Every setting, as the program lists them.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::checkout::Checkout;
use crate::command;

use super::super::book;

/// One of `marquee settings --json`.
#[derive(Deserialize)]
struct Setting {
    name: String,
    flag: String,
    about: String,
    is_secret: bool,
    default: Option<String>,
}

pub(super) fn page(checkout: &Checkout) -> Result<String> {
    let listed = command::capture(book::marquee(checkout).args(["settings", "--json"]))?;
    let listed: Vec<Setting> = serde_json::from_str(&listed).context("reading `marquee settings`")?;
    ensure!(!listed.is_empty(), "the program lists no settings");
    Ok(table(&listed))
}

fn table(settings: &[Setting]) -> String {
    let rows: String = settings.iter().map(row).collect();
    format!(
        "Each is taken from its flag, else from the environment, else it has its default; one that is needed and missing ends \
         the program with a message that names it. `marquee settings` says what a process has of each, and from where; of a \
         secret (*) it says only whether it is set. The Worker's own are in `wrangler.toml`.\n\n\
         | environment | flag | default | what it does |\n|---|---|---|---|\n{rows}\n"
    )
}

fn row(setting: &Setting) -> String {
    let Setting {
        name, flag, about, ..
    } = setting;
    let secret = if setting.is_secret { " \\*" } else { "" };
    let default = match &setting.default {
        Some(default) if !default.is_empty() => format!("`{default}`"),
        _ => String::new(),
    };
    format!(
        "| `{name}`{secret} | `{flag}` | {default} | {} |\n",
        super::operation::cell(about)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_marked_and_a_bar_does_not_end_a_cell() {
        let setting = |is_secret, default: Option<&str>| Setting {
            name: "A_B".to_owned(),
            flag: "--b".to_owned(),
            about: "x | <y>".to_owned(),
            is_secret,
            default: default.map(str::to_owned),
        };
        assert_eq!(
            row(&setting(true, None)),
            "| `A_B` \\* | `--b` |  | x \\| &lt;y> |\n"
        );
        assert_eq!(
            row(&setting(false, Some("3"))),
            "| `A_B` | `--b` | `3` | x \\| &lt;y> |\n"
        );
    }
}
