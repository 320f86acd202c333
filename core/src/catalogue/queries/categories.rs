use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::platform::paging::List;

/// A shelf of the shop window.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Category)]
pub struct CategoryView {
    #[schema(example = "musicians")]
    pub slug: String,
    pub names: Names,
}

/// What it is called, in each language
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CategoryNames)]
pub struct Names {
    #[serde(rename = "pt-BR")]
    #[schema(example = "Músicos")]
    pub pt_br: String,
    #[schema(example = "Musicians")]
    pub en: String,
}

/// All, in their order: there are few.
pub async fn list_categories(conn: &mut PgConnection) -> sqlx::Result<List<CategoryView>> {
    let rows = sqlx::query!("select slug, name_pt_br, name_en from catalogue.category order by position")
        .fetch_all(conn)
        .await?;
    let items = rows.into_iter().map(|row| CategoryView {
        slug: row.slug,
        names: Names {
            pt_br: row.name_pt_br,
            en: row.name_en,
        },
    });
    Ok(List {
        items: items.collect(),
        next_cursor: None,
    })
}
