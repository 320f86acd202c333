//! The command line's verbs, as `--help` tells them.

use anyhow::Result;

use crate::checkout::Checkout;
use crate::command;

use super::super::book;

pub(super) fn page(checkout: &Checkout) -> Result<String> {
    let mut text = "Every verb of `marquee`, as `marquee VERB -h` prints it. `--json` makes every answer JSON; exit codes are 0 \
                    (done), 1 (failed), 2 (wrong usage) and 3 (done, and there is something to look at).\n\n"
        .to_owned();
    let mut unseen = vec![Vec::<String>::new()];
    while let Some(path) = unseen.pop() {
        let help = command::capture(book::marquee(checkout).args(&path).arg("-h"))?;
        let verbs = listed(&help);
        for verb in verbs.iter().rev() {
            unseen.push([path.as_slice(), std::slice::from_ref(verb)].concat());
        }
        if verbs.is_empty() {
            let shown: Vec<&str> = help.lines().map(str::trim_end).collect();
            text += &format!(
                "## `marquee {}`\n\n```text\n{}\n```\n\n",
                path.join(" "),
                shown.join("\n").trim()
            );
        }
    }
    Ok(text)
}

/// The verbs below one; none for one that does something itself.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // What is indented further goes on explaining the verb above.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_those_that_help_lists() {
        let help = "About\n\nUsage: a\n\nCommands:\n  list  All\n        of them\n  help  This\n\nOptions:\n  -h  Help\n";
        assert_eq!(listed(help), ["list"]);
        assert_eq!(listed("About\n\nOptions:\n  --flag\n"), [""; 0]);
    }
}
