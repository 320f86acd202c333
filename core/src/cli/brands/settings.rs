use clap::Subcommand;
use marquee_shared::rules::Product;

use crate::access::Principal;
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{json_argument, reasons, show, show_one, told};
use crate::cli::table::Table;
use crate::redirects::commands::{self, Changed};
use crate::redirects::queries;

#[derive(Subcommand)]
pub(in crate::cli) enum SettingsVerb {
    /// The draft's settings, as JSON
    Show { brand: String },
    /// Change some of them; exits with 3 while something is still missing
    Patch {
        brand: String,
        /// A JSON merge patch, such as `{"pass_query":["utm_*"],"ask_url":null}`; or `@FILE`, or `@-` for standard
        /// input
        patch: String,
        /// Only if the draft is at this version
        #[arg(long, value_name = "VERSION")]
        if_version: Option<i64>,
    },
    /// Put other settings in their place; exits with 3 while something is still missing
    Replace {
        brand: String,
        /// JSON; or `@FILE`, or `@-` for standard input
        settings: String,
        /// Only if the draft is at this version
        #[arg(long, value_name = "VERSION")]
        if_version: Option<i64>,
    },
}

impl SettingsVerb {
    pub(in crate::cli) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        let (brand, changed) = match self {
            Self::Show { brand } => {
                let (_, settings) = queries::draft_settings(app, &brand).await?;
                show_one(&settings, json, &serde_json::to_string_pretty(&settings)?)?;
                return Ok(Outcome::Done);
            }
            Self::Patch {
                brand,
                patch,
                if_version,
            } => {
                let patch = json_argument(&patch)?;
                let changed = commands::patch_settings(app, &operator, &brand, if_version, patch).await;
                (brand, changed)
            }
            Self::Replace {
                brand,
                settings,
                if_version,
            } => {
                let settings = serde_json::from_value(json_argument(&settings)?)?;
                let changed = commands::change_settings(app, &operator, &brand, if_version, settings).await;
                (brand, changed)
            }
        };
        done(&brand, &changed.map_err(told)?, json)
    }
}

fn done(brand: &str, changed: &Changed, json: bool) -> anyhow::Result<Outcome> {
    let Changed {
        version,
        settings,
        findings,
    } = changed;
    let view = serde_json::json!({ "version": version, "settings": settings, "findings": findings });
    let sentence = format!(
        "{}{brand}: the draft is at version {version} now",
        reasons(findings)
    );
    show_one(&view, json, &sentence)?;
    Ok(if findings.is_empty() {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}

#[derive(Subcommand)]
pub(in crate::cli) enum Products {
    /// The draft's products
    List { brand: String },
    /// Add a product, or change it
    Set {
        brand: String,
        /// Part of every URL: small letters, digits and `-`
        code: String,
        /// For people to read
        #[arg(long, default_value = "")]
        name: String,
        /// Where a visitor goes whom no rule wants; the brand's fallback unless given
        #[arg(long, value_name = "URL")]
        fallback_url: Option<String>,
        /// Only if the draft is at this version
        #[arg(long, value_name = "VERSION")]
        if_version: Option<i64>,
    },
    /// Take a product out of the draft; not while rules name it
    Remove {
        brand: String,
        code: String,
        /// Only if the draft is at this version
        #[arg(long, value_name = "VERSION")]
        if_version: Option<i64>,
    },
}

impl Products {
    pub(in crate::cli) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::List { brand } => {
                let (_, products) = queries::products(app, &brand, None, i64::from(i32::MAX)).await?;
                let mut table = Table::new(&["product", "name", "fallback"]);
                for product in &products.items {
                    let fallback = product.fallback_url.clone();
                    table.row([
                        product.code.clone(),
                        product.name.clone(),
                        fallback.unwrap_or_else(|| "–".to_owned()),
                    ]);
                }
                show(&products, &table, json, "there is no product yet")?;
                Ok(Outcome::Done)
            }
            Self::Set {
                brand,
                code,
                name,
                fallback_url,
                if_version,
            } => {
                let product = Product {
                    code,
                    name,
                    fallback_url,
                };
                let put = commands::put_product(app, &operator, &brand, if_version, product).await;
                done(&brand, &put.map_err(told)?.0, json)
            }
            Self::Remove {
                brand,
                code,
                if_version,
            } => {
                let removed = commands::remove_product(app, &operator, &brand, if_version, &code).await;
                done(&brand, &removed.map_err(told)?, json)
            }
        }
    }
}
