use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use time::OffsetDateTime;

use super::Outcome;
use super::output::{Spinner, instant, more, parse_time, show, stdout};
use super::table::Table;
use crate::app::App;
use crate::platform::audit::{self, EXPORT_LIMIT, Filter, Format};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Audit {
    /// Show what was changed, newest first
    List {
        #[command(flatten)]
        filter: FilterArgs,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Write all of it to a file, newest first
    Export {
        #[command(flatten)]
        filter: FilterArgs,
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
        /// Standard output unless given
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(super) struct FilterArgs {
    /// `staff:<id>`, `key:<id>`, `operator` or `system`
    #[arg(long)]
    principal: Option<String>,
    /// Such as redirects.publish; all that begin so if it ends with a dot
    #[arg(long)]
    action: Option<String>,
    /// Such as brand/acme
    #[arg(long)]
    subject: Option<String>,
    /// The brand itself and what belongs to it
    #[arg(long)]
    brand: Option<String>,
    /// At or after: RFC 3339, such as 2026-11-22T06:00:00Z
    #[arg(long, value_parser = parse_time)]
    from: Option<OffsetDateTime>,
    /// Before
    #[arg(long, value_parser = parse_time)]
    to: Option<OffsetDateTime>,
    /// Stands in what was before or after, large or small letters alike
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
}

impl From<FilterArgs> for Filter {
    fn from(args: FilterArgs) -> Self {
        Self {
            principal: args.principal,
            action: args.action,
            subject: args.subject,
            brand: args.brand,
            from: args.from,
            to: args.to,
            text: args.q,
        }
    }
}

impl Audit {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::List {
                filter,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                list(app, &filter.into(), page, json).await?;
            }
            Self::Export {
                filter,
                format,
                output,
            } => {
                export(app, &filter.into(), format, output, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

async fn list(app: &App, filter: &Filter, page: Page, json: bool) -> anyhow::Result<()> {
    let log = audit::list(&mut *app.db.acquire().await?, filter, page).await?;
    let mut table = Table::new(&["at", "who", "action", "subject", "id"]);
    for entry in &log.items {
        table.row([
            instant(entry.at),
            entry.principal_name.clone(),
            entry.action.clone(),
            entry.subject.clone(),
            entry.id.to_string(),
        ]);
    }
    show(&log, &table, json, "nothing of the kind was changed")?;
    more(log.next_cursor.as_deref(), json)?;
    Ok(())
}

/// Part by part, so that a log of any length fits in memory.
async fn export(
    app: &App,
    filter: &Filter,
    format: Format,
    output: Option<PathBuf>,
    json: bool,
) -> anyhow::Result<()> {
    let mut out: Box<dyn io::Write + Send> = match &output {
        Some(path) => Box::new(File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(stdout()),
    };
    let spinner = Spinner::start("exporting");
    let (mut cursor, mut count) = (None::<String>, 0);
    loop {
        let page = Page::of_file(cursor.as_deref(), None, EXPORT_LIMIT)?;
        let part = audit::list(&mut *app.db.acquire().await?, filter, page).await?;
        out.write_all(&format.write(&part.items, cursor.is_none())?)?;
        count += part.items.len();
        spinner.say(format!("exporting: {count} entries"));
        cursor = part.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    out.flush()?;
    drop(spinner);
    if let Some(path) = output {
        if json {
            writeln!(
                stdout(),
                "{}",
                serde_json::json!({ "file": path, "entries": count })
            )?;
        } else {
            writeln!(stdout(), "{count} entries in {}", path.display())?;
        }
    }
    Ok(())
}
