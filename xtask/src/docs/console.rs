//! What a page's consoles ask one to type, and what they show.

use super::markdown::{Block, blocks};

/// A command, and what the page says it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Of the page, from 1.
    pub(super) line: usize,
    pub(super) command: String,
    pub(super) output: Vec<String>,
    /// It is shown how it is refused.
    pub(super) fails: bool,
}

/// The commands of a page, in order. A command begins with `$ ` and goes on in lines that begin with `> `, and after a
/// backslash.
pub(super) fn steps(text: &str) -> Result<Vec<Step>, String> {
    let consoles = blocks(text)
        .into_iter()
        .filter(|block| block.is("console") && !block.is("ignore"));
    let steps: Result<Vec<_>, _> = consoles.map(|block| of_block(&block)).collect();
    Ok(steps?.concat())
}

fn of_block(block: &Block) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    for (index, line) in block.lines.iter().enumerate() {
        let number = block.line + 1 + index;
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                line: number,
                command: command.to_owned(),
                output: Vec::new(),
                fails: block.is("fails"),
            });
            continue;
        }
        let Some(step) = steps.last_mut() else {
            return Err(format!(
                "line {number}: what is printed stands before what is typed"
            ));
        };
        let goes_on = step.output.is_empty() && step.command.ends_with('\\');
        match line.strip_prefix("> ") {
            Some(more) if step.output.is_empty() => step.command += &format!("\n{more}"),
            _ if goes_on => step.command += &format!("\n{line}"),
            _ => step.output.push(line.clone()),
        }
    }
    Ok(steps)
}

/// Whether it only asks, so that it may be asked again until what was begun before has come to its end.
pub(super) fn only_asks(command: &str) -> bool {
    const ASKING: [&str; 13] = [
        "show", "list", "totals", "recent", "lost", "status", "timeline", "canary", "unused", "balances",
        "check", "doctor", "search",
    ];
    const SENDING: [&str; 8] = [
        "-X",
        "-d",
        "-T",
        "-F",
        "--json",
        "--data",
        "--data-binary",
        "--request",
    ];
    let words: Vec<&str> = command.split_whitespace().collect();
    let changes = words.contains(&"freeze") || command.contains("rules canary");
    match words.first() {
        Some(&"curl") => !words.iter().any(|word| SENDING.contains(word)),
        Some(&"marquee") => !changes && words.iter().take(4).any(|word| ASKING.contains(word)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_goes_on_and_what_follows_is_what_it_prints() {
        let page =
            "```console\n$ curl a \\\n    -d 'x\n> y'\nout\n  put\n$ b\n```\n\n```console,ignore\n$ c\n```\n";
        let steps = steps(page).unwrap();
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[0].command, "curl a \\\n    -d 'x\ny'");
        assert_eq!(steps[0].output, ["out", "  put"]);
        assert_eq!((steps[1].command.as_str(), steps[1].line), ("b", 7));
    }

    #[test]
    fn what_is_printed_before_anything_is_typed_is_refused() {
        assert!(
            steps("```console\nout\n$ a\n```\n")
                .unwrap_err()
                .contains("line 2")
        );
    }

    #[test]
    fn what_changes_something_is_asked_for_once() {
        for command in [
            "curl -s 127.0.0.1/a",
            "marquee orders timeline 1",
            "marquee hits lost --brand a",
        ] {
            assert!(only_asks(command), "{command}");
        }
        for command in [
            "curl a --json '{}'",
            "curl -X POST a",
            "marquee rules canary a 1",
            "marquee rules publish a",
            "ls",
        ] {
            assert!(!only_asks(command), "{command}");
        }
    }
}
