//! The page with the tables, as it is committed.

use std::fmt::Write as _;

/// Figures of one kind of load.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    /// What was done, in a sentence or two.
    pub(crate) method: String,
    /// In Markdown.
    pub(crate) text: String,
    /// Where the first limit lies, and what moves it.
    pub(crate) limit: String,
}

const HEAD: &str = "# Sizing

How cost and latency grow, where the first limit lies and what moves it. `cargo xtask load` has written this page, figures
and sentences: to renew it, run that on a machine that does nothing else. Everything was on one machine, load, core, worker and
Postgres on the same processors, so limits are lower than where each has its own, and what one request costs is what to
reckon with.

Load comes at a fixed rate, whether or not what came before was answered, and latencies are from when a request was due: who
waits behind others waits, too. They are of all answers, refusals included; *answered* is what was answered rightly while load
came.

";

/// All of it; `head` is on the machine, the day and the commit.
pub(crate) fn page(head: &str, tables: &[Table]) -> String {
    let mut text = format!("{HEAD}{head}");
    for table in tables {
        let Table {
            title,
            method,
            text: figures,
            limit,
        } = table;
        // Writing to a string cannot fail.
        let _infallible = write!(text, "\n## {title}\n\n{method}\n\n{figures}\n{limit}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_machine_then_each_table_with_its_limit() {
        let table = |title| Table {
            title,
            method: "How.".to_owned(),
            text: "| a |\n|---|\n| 1 |\n".to_owned(),
            limit: "Where.".to_owned(),
        };
        let page = page("- a machine\n", &[table("One"), table("Two")]);
        assert!(page.starts_with("# Sizing\n"));
        let tail = page.split_once("- a machine\n").unwrap().1;
        let one = "\n## One\n\nHow.\n\n| a |\n|---|\n| 1 |\n\nWhere.\n";
        assert_eq!(tail, format!("{one}{}", one.replace("One", "Two")));
    }
}
