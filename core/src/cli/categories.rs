use clap::Subcommand;

use super::Outcome;
use super::output::show;
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, CategoryNames, NewCategory};

#[derive(Subcommand)]
pub(super) enum Categories {
    /// Show all categories, in their order
    List,
    /// Make a category, after all others
    Create {
        /// What it is called in addresses, for ever
        slug: String,
        /// What it is called in Portuguese
        #[arg(long)]
        pt_br: String,
        /// What it is called in English
        #[arg(long)]
        en: String,
    },
    /// Call a category otherwise
    Rename {
        slug: String,
        /// In Portuguese
        #[arg(long, required_unless_present = "en")]
        pt_br: Option<String>,
        /// In English
        #[arg(long)]
        en: Option<String>,
    },
    /// Put the categories in another order: name each of them once
    Order {
        #[arg(required = true)]
        slugs: Vec<String>,
    },
    /// Remove a category that no talent has
    Remove { slug: String },
}

impl Categories {
    /// Each shows the list as it is afterwards.
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::List => {}
            Self::Create { slug, pt_br, en } => {
                let new = NewCategory {
                    slug,
                    name_pt_br: pt_br,
                    name_en: en,
                };
                catalogue::create_category(app, &operator, new).await?;
            }
            Self::Rename { slug, pt_br, en } => {
                let names = CategoryNames { pt_br, en };
                catalogue::change_category(app, &operator, &slug, names).await?;
            }
            Self::Order { slugs } => catalogue::order_categories(app, &operator, &slugs).await?,
            Self::Remove { slug } => catalogue::remove_category(app, &operator, &slug).await?,
        }
        let categories = catalogue::list_categories(&mut *app.db.acquire().await?).await?;
        let mut table = Table::new(&["slug", "pt-BR", "en"]);
        for category in &categories.items {
            table.row([
                category.slug.clone(),
                category.names.pt_br.clone(),
                category.names.en.clone(),
            ]);
        }
        let empty = "none yet: `marquee categories create` makes the first";
        show(&categories, &table, json, empty)?;
        Ok(Outcome::Done)
    }
}
