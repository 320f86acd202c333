use anyhow::Context as _;

use super::file::Agency;
use super::{Load, people};
use crate::catalogue::{self, Whose};
use crate::platform::paging::Page;

/// An agency with its share, who acts for it, and its talents. Whoever left it meanwhile joins again.
pub(super) async fn make(load: &Load<'_>, agency: &Agency) -> anyhow::Result<()> {
    let (app, by) = (load.app, &load.by);
    let page = Page::new(None, Some(100))?;
    let known = catalogue::list_agencies(&mut *app.db.acquire().await?, None, page).await?;
    let known = known.items.into_iter().find(|known| known.name == agency.name);
    let id = match known {
        Some(known) => known.id,
        None => {
            let id = catalogue::create_agency(app, by, &agency.name).await?;
            load.add(|added| added.agencies += 1);
            id
        }
    };
    // None of these writes anything when it is so already.
    catalogue::set_share(app, by, Whose::Agency(id), Some(agency.share_bp)).await?;
    for manager in &agency.managers {
        let person = people::find(load, &manager.email).await?;
        catalogue::set_manager(app, by, id, person, true).await?;
    }
    for member in &agency.members {
        let person = people::find(load, member).await?;
        let talent = catalogue::profile_of(&mut *app.db.acquire().await?, app, person).await?;
        let talent = talent.with_context(|| format!("{member} is no talent"))?;
        catalogue::join_agency(app, by, id, talent.id).await?;
    }
    Ok(())
}
