use super::queries;
use crate::app::App;
use crate::platform::alerts::{Alert, Severity};

/// Tells a person what is wrong with the books, if anything is.
pub(super) async fn watch(app: &App) -> anyhow::Result<()> {
    let report = queries::check(&app.db).await?;
    for broken in report.checks.iter().filter(|check| check.offending > 0) {
        app.alert(&Alert {
            code: "books.broken",
            severity: Severity::Serious,
            subject: broken.name,
            detail: format!(
                "the books are wrong in {} places ({}): see `marquee books check`",
                broken.offending, broken.holds
            ),
        });
    }
    Ok(())
}
