//! Keeps what should run as long as the process does.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt as _;

use crate::app::App;
use crate::platform::alerts::{Alert, Code};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs `work` until the process is asked to stop; when it fails or panics before that, again after a pause
/// that doubles from one second to thirty. A database that is away must not end a worker.
pub async fn supervise<W>(app: &App, name: &str, mut work: impl FnMut() -> W)
where
    W: Future<Output = anyhow::Result<()>>,
{
    let mut pause = FIRST_PAUSE;
    while !app.stopping.is_cancelled() {
        let began = Instant::now();
        match AssertUnwindSafe(work()).catch_unwind().await {
            Ok(Ok(())) if app.stopping.is_cancelled() => return,
            Ok(Ok(())) => tell(app, name, "it ended before it should".to_owned()),
            Ok(Err(error)) => tell(app, name, format!("it failed: {error:#}")),
            Err(_) => tell(app, name, "it panicked".to_owned()),
        }
        if began.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn tell(app: &App, name: &str, detail: String) {
    app.alert(&Alert::new(Code::ProcessTaskFailed, name, detail));
}
