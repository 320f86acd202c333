use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;
use super::output::{show, stdout};
use super::table::Table;
use crate::app::App;
use crate::sample::{self, Added, Loaded};

#[derive(Subcommand)]
pub(super) enum Sample {
    /// Load a marketplace of made-up people that `marquee-sample FOLDER --marketplace` has written; what is there
    /// already stays as it is
    Load {
        /// Where `marketplace.json` is, and the pictures and films that it names
        folder: PathBuf,
    },
}

impl Sample {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let Self::Load { folder } = self;
        let bar = bar();
        let loaded = sample::load(app, &folder, |done, of| {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        })
        .await;
        bar.finish_and_clear();
        let loaded = loaded?;
        if !json {
            writeln!(stdout(), "{}", sentence(&loaded.added))?;
        }
        show(&loaded, &people(&loaded), json, "nobody to sign in as")?;
        Ok(Outcome::Done)
    }
}

/// On a terminal only.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(1).with_message("letting people in");
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} {msg} ({elapsed})") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn sentence(added: &Added) -> String {
    if added.is_nothing() {
        return "everything was there already; sign in as".to_owned();
    }
    let Added {
        categories,
        people,
        staff,
        pictures,
        talents,
        videos,
        agencies,
        applications,
    } = added;
    format!(
        "added {people} people ({staff} of the staff, {talents} talents), {agencies} agencies, {categories} categories, \
         {applications} applications, {pictures} pictures and {videos} videos; sign in as"
    )
}

fn people(loaded: &Loaded) -> Table {
    let mut table = Table::new(&["role", "name", "email", "password"]);
    for somebody in &loaded.sign_in {
        let role = somebody.role.to_owned();
        table.row([
            role,
            somebody.name.clone(),
            somebody.email.clone(),
            somebody.password.clone(),
        ]);
    }
    table
}
