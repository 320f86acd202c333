use super::Outcome;
use super::output::stdout;
use crate::app::App;
use crate::doctor;
use std::io::Write as _;

/// Prints what was looked at; findings where something is not as it should be.
pub(super) async fn run(app: &App, json: bool) -> anyhow::Result<Outcome> {
    let checks = doctor::examine(app).await;
    if json {
        writeln!(stdout(), "{}", serde_json::to_string_pretty(&checks)?)?;
    } else {
        for check in &checks {
            let mark = if check.fine { "ok  " } else { "FAIL" };
            writeln!(stdout(), "{mark}  {:<12} {}", check.name, check.detail)?;
            if let Some(remedy) = check.remedy {
                writeln!(stdout(), "      {:<12} → {remedy}", "")?;
            }
        }
    }
    Ok(if checks.iter().all(|check| check.fine) {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}
