mod policy;
mod settings;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use marquee_shared::rules::{Mode, Settings};
use serde_json::json;

use super::Outcome;
use super::output::{Wait, instant, show, show_one};
use super::table::Table;
use crate::access::{Principal, Scope};
use crate::app::App;
use crate::redirects::commands::{self, NewBrand};
use crate::redirects::queries::{self, BrandFilter, BrandView};

#[derive(Subcommand)]
pub(super) enum Brands {
    /// Make a brand, with an empty draft
    Create {
        /// Part of every URL: small letters, digits and `-`
        code: String,
        /// For people to read; the code unless given
        #[arg(long)]
        name: Option<String>,
        /// The draft's first settings, as JSON
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
    },
    /// Brands, and what of them is live
    List {
        /// Only with this in their code, name or a host
        #[arg(long, value_name = "TEXT")]
        find: Option<String>,
        /// Those that are retired, instead of those in use
        #[arg(long)]
        retired: bool,
    },
    /// A brand: its draft, and what of it is live
    Show { code: String },
    /// See or change what publishing needs in a brand
    Policy(policy::Change),
    /// Give a brand another name; its code stays
    Rename { code: String, name: String },
    /// Take a brand out of use: nothing of it is live, nobody may change it, its hosts are free
    Retire {
        code: String,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// Bring a retired brand back, with its draft and nothing live; exits with 3 if it lost hosts
    Reinstate { code: String },
    /// See and change the draft's settings
    #[command(subcommand)]
    Settings(settings::SettingsVerb),
    /// See and change the draft's products
    #[command(subcommand)]
    Products(settings::Products),
    /// Throw the kill switch (`fallback`), or put it back (`rules`)
    Mode {
        code: String,
        #[arg(value_parser = parse_mode)]
        mode: Mode,
        /// Why, for people to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        wait: Wait,
    },
}

impl Brands {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::Create { code, name, settings } => {
                let settings = match settings {
                    None => Settings::default(),
                    Some(path) => {
                        let text = tokio::fs::read(&path).await;
                        let text = text.with_context(|| format!("reading {}", path.display()))?;
                        serde_json::from_slice(&text)
                            .with_context(|| format!("reading {}", path.display()))?
                    }
                };
                let name = name.unwrap_or_else(|| code.clone());
                let brand = NewBrand {
                    code: code.clone(),
                    name,
                    settings,
                };
                commands::create_brand(app, &operator, brand).await?;
                show_one(
                    &queries::brand(app, &code).await?,
                    json,
                    &format!("brand {code} made"),
                )?;
            }
            Self::List { find, retired } => {
                let filter = BrandFilter { text: find, retired };
                let mut brands = queries::brands(app, &Scope::All, &filter, None, 100).await?;
                while let Some(cursor) = brands.next_cursor.take() {
                    let more = queries::brands(app, &Scope::All, &filter, Some(&cursor), 100).await?;
                    brands.items.extend(more.items);
                    brands.next_cursor = more.next_cursor;
                }
                show(&brands, &table(&brands.items), json, "there is no such brand")?;
            }
            Self::Show { code } => {
                let brand = queries::brand(app, &code).await?;
                show(&brand, &table(std::slice::from_ref(&brand)), json, "")?;
            }
            Self::Policy(change) => change.run(app, json).await?,
            Self::Rename { code, name } => {
                commands::rename_brand(app, &operator, &code, &name).await?;
                let brand = queries::brand(app, &code).await?;
                show_one(
                    &brand,
                    json,
                    &format!("brand {code} is called {} now", brand.name),
                )?;
            }
            Self::Retire { code, note, wait } => {
                let published = commands::retire_brand(app, &operator, &code, &note).await?;
                let sequence = published.map(|published| published.sequence);
                if let Some(sequence) = sequence {
                    wait.reached(app, sequence).await?;
                }
                let view = json!({ "brand": code, "sequence": sequence });
                let edge = sequence.map(|sequence| format!("; the edge forgets it with sequence {sequence}"));
                show_one(
                    &view,
                    json,
                    &format!("brand {code} is retired{}", edge.unwrap_or_default()),
                )?;
            }
            Self::Reinstate { code } => {
                let lost = commands::reinstate_brand(app, &operator, &code).await?;
                let tail = if lost.is_empty() {
                    String::new()
                } else {
                    format!("; these hosts are another brand's by now: {}", lost.join(", "))
                };
                let view = json!({ "brand": code, "lost_hosts": lost });
                show_one(&view, json, &format!("brand {code} is in use again{tail}"))?;
                if !lost.is_empty() {
                    return Ok(Outcome::Findings);
                }
            }
            Self::Settings(verb) => return verb.run(app, json).await,
            Self::Products(verb) => return verb.run(app, json).await,
            Self::Mode {
                code,
                mode,
                note,
                wait,
            } => {
                let published = commands::set_mode(app, &operator, &code, mode, &note).await?;
                wait.report(app, &code, published, json).await?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn table(brands: &[BrandView]) -> Table {
    let mut table = Table::new(&[
        "brand", "name", "draft", "rules", "edited", "live", "canary", "mode", "sequence", "since",
    ]);
    for brand in brands {
        let live = brand.live.as_ref();
        let canary = live.and_then(|live| live.canary.as_ref());
        let text = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
        table.row([
            brand.code.clone(),
            brand.name.clone(),
            brand.draft.version.to_string(),
            brand.draft.rules.to_string(),
            instant(brand.draft.edited_at),
            text(live.map(|live| live.revision.to_string())),
            text(canary.map(|canary| format!("{} to {} %", canary.revision, canary.percent))),
            text(live.map(|live| live.mode_name().to_owned())),
            text(live.map(|live| live.sequence.to_string())),
            text(live.map(|live| instant(live.since))),
        ]);
    }
    table
}

fn parse_mode(text: &str) -> anyhow::Result<Mode> {
    serde_json::from_value(text.into()).context("a mode is `rules` or `fallback`")
}
