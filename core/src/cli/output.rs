//! What verbs share when they speak: tables or JSON on standard output, progress on the terminal.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::table::Table;
use crate::app::App;
use crate::platform::sheet::Sheet;
use crate::redirects::commands::Published;
use crate::redirects::{Error, Refusal, queries};

/// How often the edge's progress is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Standard output, which a reader may leave: `head` has read enough, and the verb goes on to its end.
pub(super) fn stdout() -> impl Write + Send {
    struct Stdout(io::Stdout);

    impl Write for Stdout {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            unless_left(self.0.write(bytes), bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            unless_left(self.0.flush(), ())
        }
    }

    fn unless_left<T>(result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(otherwise),
            result => result,
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that looks whether anybody reads"
    )]
    Stdout(io::stdout())
}

/// A view as JSON, or a table, or that there is nothing to show.
pub(super) fn show(view: &impl Serialize, table: &Table, json: bool, empty: &str) -> anyhow::Result<()> {
    if json {
        writeln!(stdout(), "{}", serde_json::to_string_pretty(view)?)?;
    } else if table.is_empty() {
        writeln!(stdout(), "{empty}")?;
    } else {
        write!(stdout(), "{}", table.render())?;
    }
    Ok(())
}

/// How to see what comes after a list.
pub(super) fn more(next_cursor: Option<&str>, json: bool) -> anyhow::Result<()> {
    if let Some(cursor) = next_cursor.filter(|_| !json) {
        writeln!(stdout(), "more: --cursor {cursor}")?;
    }
    Ok(())
}

/// A sheet as CSV, with a word on the side if it is not all of it.
pub(super) fn show_csv(sheet: &Sheet, more: bool) -> anyhow::Result<()> {
    stdout().write_all(&sheet.write(true)?)?;
    if more {
        eprintln!("marquee: there is more; ask for a shorter time or a higher --limit");
    }
    Ok(())
}

/// A view as JSON, or a sentence.
pub(super) fn show_one(view: &impl Serialize, json: bool, sentence: &str) -> anyhow::Result<()> {
    if json {
        writeln!(stdout(), "{}", serde_json::to_string_pretty(view)?)?;
    } else {
        writeln!(stdout(), "{sentence}")?;
    }
    Ok(())
}

/// Nobody's file is written over.
pub(super) async fn write_new(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    use tokio::io::AsyncWriteExt as _;
    let file = tokio::fs::File::options()
        .write(true)
        .create_new(true)
        .open(path)
        .await;
    let mut file = file.with_context(|| format!("writing {}", path.display()))?;
    file.write_all(content).await?;
    Ok(file.sync_all().await?)
}

pub(super) fn instant(at: OffsetDateTime) -> String {
    let seconds = at.replace_nanosecond(0).unwrap_or(at);
    seconds.format(&Rfc3339).unwrap_or_default()
}

/// For `clap`: RFC 3339.
pub(super) fn parse_time(text: &str) -> anyhow::Result<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).context("not an RFC 3339 time such as 2026-11-22T06:00:00Z")
}

/// Something that turns until it is dropped, on a terminal only.
pub(super) struct Spinner(ProgressBar);

impl Spinner {
    pub(super) fn start(message: impl Into<String>) -> Self {
        let bar = ProgressBar::new_spinner().with_message(message.into());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    pub(super) fn say(&self, message: impl Into<String>) {
        self.0.set_message(message.into());
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// JSON that stands on the command line, in a file (`@FILE`) or on standard input (`@-`).
pub(super) fn json_argument(text: &str) -> anyhow::Result<Value> {
    let read = match text.strip_prefix('@') {
        None => Ok(text.to_owned()),
        Some("-") => std::io::read_to_string(std::io::stdin()).context("reading standard input"),
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("reading {path}")),
    };
    serde_json::from_str(&read?).context("this is no JSON")
}

/// Every reason on a line of its own: the error itself names only a few.
#[expect(clippy::print_stderr, reason = "the command line's own output")]
pub(super) fn told(error: Error) -> anyhow::Error {
    if let Error::Refused(refusals)
    | Error::ApprovalRequired(refusals)
    | Error::RequestOutdated(refusals)
    | Error::CannotDecide { refusals, .. }
    | Error::SettingsInvalid(refusals)
    | Error::RuleInvalid(refusals) = &error
    {
        eprint!("{}", reasons(refusals));
    }
    error.into()
}

/// A line for each.
pub(super) fn reasons(refusals: &[Refusal]) -> String {
    let line = |refusal: &Refusal| {
        let Refusal {
            pointer,
            code,
            detail,
            rule,
            ..
        } = refusal;
        let rule = rule.map(|rule| format!("rule {rule}, ")).unwrap_or_default();
        format!("{rule}{pointer}: {detail} [{code}]\n")
    };
    refusals.iter().map(line).collect()
}

#[derive(Args)]
pub(super) struct Wait {
    /// Wait until the edge's KV has it; a worker must be running somewhere
    #[arg(long)]
    wait: bool,
    /// How many seconds to wait at most
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    wait_limit: u64,
}

impl Wait {
    /// Tells what was published, once the edge has it if that was asked for.
    pub(super) async fn report(
        self,
        app: &App,
        brand: &str,
        published: Published,
        json: bool,
    ) -> anyhow::Result<()> {
        let Published { sequence, revision } = published;
        self.reached(app, sequence).await?;
        let view =
            json!({ "brand": brand, "revision": revision, "sequence": sequence, "at_the_edge": self.wait });
        let tail = self.tail();
        let live = queries::brand(app, brand).await?.live;
        let canary = live.and_then(|live| live.canary);
        let what = match canary.filter(|canary| canary.revision == revision) {
            Some(canary) => format!("is shown to {} % of the visitors", canary.percent),
            None => "is live".to_owned(),
        };
        let sentence = format!("{brand}: revision {revision} {what} as sequence {sequence}{tail}");
        show_one(&view, json, &sentence)
    }

    /// Tells that what is live was signed anew, once the edge has it if that was asked for.
    pub(super) async fn report_sequence(self, app: &App, sequence: i64, json: bool) -> anyhow::Result<()> {
        self.reached(app, sequence).await?;
        let view = json!({ "sequence": sequence, "at_the_edge": self.wait });
        let sentence = format!("what is live is signed as sequence {sequence}{}", self.tail());
        show_one(&view, json, &sentence)
    }

    fn tail(&self) -> &'static str {
        if self.wait {
            ", and the edge has it"
        } else {
            ", on its way to the edge"
        }
    }

    /// Once the edge has it, if that was asked for.
    pub(super) async fn reached(&self, app: &App, sequence: i64) -> anyhow::Result<()> {
        if !self.wait {
            return Ok(());
        }
        let spinner = Spinner::start("waiting for the edge");
        let limit = Duration::from_secs(self.wait_limit);
        let waited = tokio::time::timeout(limit, async {
            loop {
                let state = queries::publishing(app).await?;
                if state.edge_sequence.is_some_and(|edge| edge >= sequence) {
                    return anyhow::Ok(());
                }
                if let Some(error) = state.last_error {
                    spinner.say(format!("waiting for the edge: {error}"));
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        if let Ok(reached) = waited.await {
            return reached;
        }
        drop(spinner);
        let state = queries::publishing(app).await?;
        let seconds = self.wait_limit;
        match state.last_error {
            Some(error) => {
                bail!("sequence {sequence} is live, but after {seconds} s the edge does not have it: {error}")
            }
            None => bail!(
                "sequence {sequence} is live, but after {seconds} s the edge does not have it; is a worker running (`marquee work`)?"
            ),
        }
    }
}
