use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use marquee_core::platform::alerts::{AlertSink, Severity, TellError, Telling};

/// A place that hears of every alert, remembers it and answers as told.
#[derive(Default)]
pub struct FakeAlertSink {
    told: Mutex<Vec<Telling>>,
    errors: Mutex<VecDeque<TellError>>,
}

impl FakeAlertSink {
    /// The next tellings fail so, one after another.
    pub fn fail(&self, errors: impl IntoIterator<Item = TellError>) {
        self.errors.lock().unwrap().extend(errors);
    }

    /// What was told since the last time.
    pub fn take(&self) -> Vec<Telling> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

#[async_trait]
impl AlertSink for FakeAlertSink {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn wants(&self, _: Severity) -> bool {
        true
    }

    async fn tell(&self, telling: &Telling) -> Result<(), TellError> {
        if let Some(error) = self.errors.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.told.lock().unwrap().push(telling.clone());
        Ok(())
    }

    async fn check(&self) -> anyhow::Result<String> {
        Ok("it remembers".to_owned())
    }
}
