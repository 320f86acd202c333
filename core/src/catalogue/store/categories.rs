use sqlx::PgConnection;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::catalogue) struct Names {
    pub(in crate::catalogue) pt_br: String,
    pub(in crate::catalogue) en: String,
}

/// All, in order; held until the transaction ends, and nobody adds one meanwhile.
pub(in crate::catalogue) async fn lock_categories(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query!("lock table catalogue.category in share row exclusive mode")
        .execute(&mut *conn)
        .await?;
    sqlx::query_scalar!("select slug from catalogue.category order by position")
        .fetch_all(conn)
        .await
}

pub(in crate::catalogue) async fn lock_category(
    conn: &mut PgConnection,
    slug: &str,
) -> sqlx::Result<Option<Names>> {
    sqlx::query_as!(
        Names,
        "select name_pt_br pt_br, name_en en from catalogue.category where slug = $1 for update",
        slug
    )
    .fetch_optional(conn)
    .await
}

/// Those of `slugs` that there are; they stay until the transaction ends.
pub(in crate::catalogue) async fn known_categories(
    conn: &mut PgConnection,
    slugs: &[String],
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select slug from catalogue.category where slug = any($1) order by slug for key share",
        slugs
    )
    .fetch_all(conn)
    .await
}

/// False: there is one already. The caller has locked them.
pub(in crate::catalogue) async fn insert_category(
    conn: &mut PgConnection,
    slug: &str,
    name_pt_br: &str,
    name_en: &str,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into catalogue.category (slug, position, name_pt_br, name_en)
        select $1, coalesce(max(position) + 1, 0), $2, $3 from catalogue.category
        on conflict (slug) do nothing",
        slug,
        name_pt_br,
        name_en,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(in crate::catalogue) async fn rename_category(
    conn: &mut PgConnection,
    slug: &str,
    names: &Names,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.category set name_pt_br = $2, name_en = $3 where slug = $1",
        slug,
        names.pt_br,
        names.en,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::catalogue) async fn order_categories(
    conn: &mut PgConnection,
    order: &[String],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.category set position = place - 1
        from unnest($1::text[]) with ordinality as wanted (wanted_slug, place)
        where slug = wanted_slug",
        order
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False: a talent has it.
pub(in crate::catalogue) async fn delete_category(conn: &mut PgConnection, slug: &str) -> sqlx::Result<bool> {
    let deleted = sqlx::query!("delete from catalogue.category where slug = $1", slug)
        .execute(conn)
        .await;
    match deleted {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("talent_category_category") => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
