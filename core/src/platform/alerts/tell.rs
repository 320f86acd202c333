use super::raised::Raised;
use super::store::Untold;
use super::{AlertSink, Code, QUIET, TellError, Telling, jobs, store};
use crate::app::App;
use crate::platform::jobs::Job;
use crate::platform::telemetry;
use uuid::Uuid;

/// Characters of an error that are kept.
const ERROR_CHARS: usize = 500;

/// Tells one place of one alert, if there is anything new and it was not told a moment ago.
///
/// # Errors
/// It is to be tried again. At the job's last attempt it is given up: the alert says so, and when it is raised again
/// that is tried anew.
pub(super) async fn tell(app: &App, job: &Job, alert: Uuid, place: &str) -> anyhow::Result<()> {
    let now = app.now();
    // What is no longer configured needs to be told nothing.
    let Some(sink) = app.alert_sinks.iter().find(|sink| sink.name() == place) else {
        return Ok(());
    };
    let Some(untold) = store::untold(&mut *app.db.acquire().await?, alert, place).await? else {
        return Ok(());
    };
    if let Some(told_at) = untold.told_at.filter(|told_at| now - *told_at < QUIET) {
        return jobs::ask_alone(app, alert, place, told_at + QUIET).await;
    }
    let told = call(sink.as_ref(), &telling(app, alert, &untold)).await;
    app.faults.hit("alerts.told_but_not_noted");
    let mut conn = app.db.acquire().await?;
    match told {
        Ok(()) => store::note_told(&mut conn, alert, place, untold.count, now).await?,
        Err(error) => {
            let why: String = error.to_string().chars().take(ERROR_CHARS).collect();
            store::note_failure(&mut conn, alert, place, &why).await?;
            drop(conn);
            match error {
                TellError::Later { again_in, .. } => {
                    jobs::ask_alone(app, alert, place, now + again_in).await?;
                }
                TellError::Failed(_) if job.attempts_limit.is_some_and(|limit| job.attempts >= limit) => {
                    tracing::warn!(%alert, place, error = why, "{place} is not told of the alert {alert}");
                }
                TellError::Failed(_) => anyhow::bail!("{place}: {why}"),
            }
        }
    }
    Ok(())
}

/// One attempt, measured.
pub(super) async fn call(sink: &dyn AlertSink, telling: &Telling) -> Result<(), TellError> {
    telemetry::call(sink.name(), "tell", sink.tell(telling), |told| match told {
        Ok(()) => "ok",
        Err(TellError::Later { .. }) => "later",
        Err(TellError::Failed(_)) => "failed",
    })
    .await
}

/// Of one that is not kept.
pub(super) fn unkept(app: &App, raised: &Raised) -> Telling {
    let code = raised.code;
    Telling {
        alert: Uuid::nil(),
        code: code.name().to_owned(),
        severity: code.severity(),
        title: code.title().to_owned(),
        subject: raised.subject.clone(),
        detail: raised.detail.clone(),
        about: raised.about.clone(),
        times: raised.count,
        since: raised.first_at,
        last_at: raised.last_at,
        told_before: 0,
        links: runbook(app, code.name()).into_iter().collect(),
    }
}

fn telling(app: &App, alert: Uuid, untold: &Untold) -> Telling {
    let mut links = vec![("alert", app.config.api(&format!("alerts/{alert}")))];
    links.extend(
        untold
            .about
            .iter()
            .filter_map(|(what, id)| resource(app, what, id)),
    );
    links.extend(runbook(app, &untold.code));
    // Another release may have raised it.
    let title = Code::parse(&untold.code).map_or("", Code::title);
    Telling {
        alert,
        code: untold.code.clone(),
        severity: untold.severity,
        title: title.to_owned(),
        subject: untold.subject.clone(),
        detail: untold.detail.clone(),
        about: untold.about.0.clone(),
        times: untold.count - untold.told_count,
        since: untold.told_at.unwrap_or(untold.first_at),
        last_at: untold.last_at,
        told_before: untold.told_count,
        links,
    }
}

/// Where our API shows what an alert is about.
fn resource(app: &App, what: &str, id: &str) -> Option<(&'static str, String)> {
    let (what, path) = match what {
        "order" => ("order", "orders"),
        "payment" => ("payment", "payments"),
        "job" => ("job", "jobs"),
        "mail" => ("mail", "mails"),
        "video" => ("video", "videos"),
        _ => return None,
    };
    Some((what, app.config.api(&format!("{path}/{id}"))))
}

fn runbook(app: &App, code: &str) -> Option<(&'static str, String)> {
    let mut url = app.config.alerts.runbook_url.clone()?;
    url.set_fragment(Some(&code.replace('.', "")));
    Some(("runbook", url.into()))
}
