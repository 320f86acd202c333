use clap::Args;
use time::OffsetDateTime;

use crate::app::App;
use crate::cli::output::{instant, more, parse_time, show};
use crate::cli::table::Table;
use crate::redirects::queries::{self, RevisionFilter};

#[derive(Args)]
pub(in crate::cli) struct Revisions {
    brand: String,
    /// Stands in the note, large or small letters alike
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    /// Whoever froze it or last edited what is in it: `staff:<id>`, `key:<id>`, `operator` or `system`
    #[arg(long)]
    author: Option<String>,
    /// Frozen at or after: RFC 3339, such as 2026-11-22T06:00:00Z
    #[arg(long, value_parser = parse_time)]
    from: Option<OffsetDateTime>,
    /// Frozen before
    #[arg(long, value_parser = parse_time)]
    to: Option<OffsetDateTime>,
    #[arg(long, default_value_t = 20)]
    limit: i64,
    /// The next page of an earlier list
    #[arg(long)]
    cursor: Option<i32>,
}

impl Revisions {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let filter = RevisionFilter {
            text: self.q,
            author: self.author,
            from: self.from,
            to: self.to,
        };
        let limit = self.limit.clamp(1, 1_000);
        let page = queries::revisions(app, &self.brand, &filter, self.cursor, limit).await?;
        let mut table = Table::new(&["revision", "status", "frozen", "rules", "table", "author", "note"]);
        for revision in &page.items {
            table.row([
                revision.number.to_string(),
                revision.status.clone(),
                instant(revision.created_at),
                revision.rules.to_string(),
                format!("{} bytes", revision.table_size_bytes),
                revision.author.clone(),
                revision.note.clone(),
            ]);
        }
        show(&page, &table, json, "nothing was frozen yet, or nothing fits")?;
        more(page.next_cursor.as_deref(), json)?;
        Ok(())
    }
}
