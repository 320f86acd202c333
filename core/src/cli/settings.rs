use super::output::stdout;
use super::table::Table;
use crate::app::App;
use crate::config::{Setting, Source};
use std::io::Write as _;

/// Prints every setting, and of secrets only whether they are set.
pub(super) fn run(app: &App, json: bool) -> anyhow::Result<()> {
    let settings = &app.config.settings;
    if json {
        writeln!(stdout(), "{}", serde_json::to_string_pretty(settings)?)?;
        return Ok(());
    }
    let mut table = Table::new(&["setting", "value", "from", "what it does"]);
    for setting in settings {
        let about = setting.about.split("; ").next().unwrap_or_default();
        table.row([
            setting.name.clone(),
            value(setting),
            source(setting.source).to_owned(),
            about.to_owned(),
        ]);
    }
    write!(stdout(), "{}", table.render())?;
    Ok(())
}

fn value(setting: &Setting) -> String {
    match (&setting.value, setting.is_set) {
        (Some(value), _) => value.clone(),
        (None, true) => "set".to_owned(),
        (None, false) => "not set".to_owned(),
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Flag => "flag",
        Source::Environment => "environment",
        Source::Default => "default",
        Source::None => "",
    }
}
