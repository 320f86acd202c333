use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use marquee_core::app::App;
use marquee_core::platform::cron::Schedule;
use marquee_core::platform::jobs::{Handler, Job, Kind};
use marquee_core::platform::mail::Template;
use tokio::sync::Notify;

/// What a scripted job does at one attempt.
#[derive(Clone)]
pub enum Step {
    Succeed,
    Fail(&'static str),
    Panic,
    /// Works until it is let go.
    Wait(Arc<Notify>),
}

/// Does jobs by script and remembers them: for tests of the mechanism, where the features' own jobs would be
/// in the way. A job with no step left succeeds.
#[derive(Default)]
pub struct ScriptedHandler {
    steps: Mutex<HashMap<String, VecDeque<Step>>>,
    runs: Mutex<Vec<Job>>,
    ran: Notify,
    subscriptions: Vec<(&'static str, Vec<Kind>)>,
    schedules: Vec<Schedule>,
}

impl ScriptedHandler {
    pub fn with_schedules(self, schedules: Vec<Schedule>) -> Self {
        Self { schedules, ..self }
    }

    pub fn with_subscription(mut self, event: &'static str, kinds: Vec<Kind>) -> Self {
        self.subscriptions.push((event, kinds));
        self
    }

    pub fn script(&self, job: &str, steps: impl IntoIterator<Item = Step>) {
        self.steps
            .lock()
            .unwrap()
            .entry(job.to_owned())
            .or_default()
            .extend(steps);
    }

    /// Every attempt that was begun, in order.
    pub fn runs(&self) -> Vec<Job> {
        self.runs.lock().unwrap().clone()
    }

    /// Waits until `attempts` have begun.
    pub async fn until_runs(&self, attempts: usize) {
        let begun = async {
            while self.runs.lock().unwrap().len() < attempts {
                self.ran.notified().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), begun)
            .await
            .expect("jobs to run");
    }
}

#[async_trait]
impl Handler for ScriptedHandler {
    async fn run(&self, _: &App, job: &Job) -> anyhow::Result<()> {
        let step = self
            .steps
            .lock()
            .unwrap()
            .get_mut(&job.name)
            .and_then(VecDeque::pop_front);
        self.runs.lock().unwrap().push(job.clone());
        self.ran.notify_one();
        match step.unwrap_or(Step::Succeed) {
            Step::Succeed => Ok(()),
            Step::Fail(message) => anyhow::bail!(message),
            Step::Panic => panic!("as scripted"),
            Step::Wait(until) => {
                until.notified().await;
                Ok(())
            }
        }
    }

    fn subscribers(&self, event: &str) -> &[Kind] {
        self.subscriptions
            .iter()
            .find(|(name, _)| *name == event)
            .map_or(&[], |(_, kinds)| kinds)
    }

    fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    fn templates(&self) -> &[&'static Template] {
        &[]
    }
}
