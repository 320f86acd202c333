use time::OffsetDateTime;

use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{Spinner, instant, show};
use crate::cli::table::Table;
use crate::redirects::queries::{self, EdgeLayer, LayersView, StatusView};

/// The three layers, of one brand or of all; findings if they disagree.
pub(super) async fn status(app: &App, brand: Option<String>, json: bool) -> anyhow::Result<Outcome> {
    let spinner = Spinner::start("asking the edge");
    let agree = match brand {
        None => {
            let layers = queries::layers(app).await?;
            drop(spinner);
            show(&layers, &all(app, &layers), json, "")?;
            layers.agree
        }
        Some(brand) => {
            let status = queries::status(app, &brand).await?;
            drop(spinner);
            show(&status, &one(app, &status), json, "")?;
            status.agree
        }
    };
    Ok(if agree { Outcome::Done } else { Outcome::Findings })
}

fn heading() -> Table {
    Table::new(&[
        "layer",
        "status",
        "sequence",
        "revision",
        "canary",
        "signed",
        "seen or since",
        "build",
        "remark",
    ])
}

fn all(app: &App, layers: &LayersView) -> Table {
    let mut table = heading();
    let state = &layers.publishing;
    table.row(row([
        Some("database".to_owned()),
        None,
        Some(state.sequence.to_string()),
    ]));
    let mut kv = row([
        Some("KV".to_owned()),
        Some(state.status.clone()),
        state.edge_sequence.map(|sequence| sequence.to_string()),
    ]);
    kv[5] = age(layers.age_seconds);
    kv[6] = ago(app, state.edge_seen_at);
    kv[8] = state.last_error.clone().unwrap_or_default();
    table.row(kv);
    edges(&mut table, &layers.edges);
    table
}

fn one(app: &App, status: &StatusView) -> Table {
    let mut table = heading();
    let StatusView { database, kv, .. } = status;
    let mut line = row([
        Some("database".to_owned()),
        None,
        Some(database.sequence.to_string()),
        database.revision.map(|revision| revision.to_string()),
        database.canary_revision.map(|revision| revision.to_string()),
    ]);
    line[6] = database.since.map_or_else(dash, instant);
    table.row(line);
    let mut line = row([
        Some("KV".to_owned()),
        Some(kv.status.clone()),
        kv.sequence.map(|sequence| sequence.to_string()),
    ]);
    line[5] = age(kv.age_seconds);
    line[6] = ago(app, kv.seen_at);
    line[8] = kv.error.clone().unwrap_or_default();
    table.row(line);
    edges(&mut table, &status.edges);
    table
}

fn edges(table: &mut Table, edges: &[EdgeLayer]) {
    for EdgeLayer { agrees, report } in edges {
        let mut line = row([
            Some(report.url.clone()),
            Some(report.status.clone()),
            report.sequence.map(|sequence| sequence.to_string()),
            report.revision.map(|revision| revision.to_string()),
            report.canary_revision.map(|revision| revision.to_string()),
        ]);
        line[5] = age(report.age_seconds);
        line[7] = report.build.clone().unwrap_or_else(dash);
        line[8] = match (&report.error, agrees) {
            (Some(error), _) => error.clone(),
            (None, false) => "not what the database has".to_owned(),
            (None, true) => String::new(),
        };
        table.row(line);
    }
    if edges.is_empty() {
        let mut line = row([Some("edge".to_owned()), Some("not asked".to_owned())]);
        line[8] = "set MARQUEE_EDGE_URL".to_owned();
        table.row(line);
    }
}

/// As many cells as the heading has.
fn row<const N: usize>(cells: [Option<String>; N]) -> Vec<String> {
    let mut row: Vec<String> = cells.into_iter().map(|cell| cell.unwrap_or_else(dash)).collect();
    row.resize(8, dash());
    row.push(String::new());
    row
}

fn dash() -> String {
    "–".to_owned()
}

fn age(seconds: Option<i64>) -> String {
    seconds.map_or_else(dash, |seconds| format!("{seconds} s ago"))
}

fn ago(app: &App, at: Option<OffsetDateTime>) -> String {
    age(at.map(|at| (app.now() - at).whole_seconds()))
}
