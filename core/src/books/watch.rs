use super::queries;
use crate::app::App;
use crate::platform::alerts::{Alert, Code};

/// Tells a person what is wrong with the books, if anything is.
pub(super) async fn watch(app: &App) -> anyhow::Result<()> {
    let report = queries::check(&app.db).await?;
    for check in &report.checks {
        metrics::gauge!("marquee_books_broken", "check" => check.name).set(check.offending as f64);
    }
    for broken in report.checks.iter().filter(|check| check.offending > 0) {
        let detail = format!(
            "the books are wrong in {} places ({}): see `marquee books check`",
            broken.offending, broken.holds
        );
        app.alert(&Alert::new(Code::BooksBroken, broken.name, detail));
    }
    Ok(())
}
