use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use marquee_core::redirects::{EdgeKv, KvError};
use tokio::sync::Notify;

/// What the fake was asked for, in order, failures included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KvCall {
    Put(String),
    Get(String),
    Delete(String),
}

/// A key-value store in memory. Faults are scripted: each call takes the next one.
#[derive(Default)]
pub struct FakeEdgeKv(Mutex<State>);

#[derive(Default)]
struct State {
    values: BTreeMap<String, Vec<u8>>,
    /// Every value ever put by the program, in order.
    history: Vec<(String, Vec<u8>)>,
    /// Reads of keys with this prefix show these bytes.
    lie: Option<(String, Vec<u8>)>,
    /// The next write of a key with this prefix stands still.
    pause: Option<(String, Arc<Pause>)>,
    calls: Vec<KvCall>,
    faults: VecDeque<Option<Fault>>,
}

impl FakeEdgeKv {
    /// The next `calls` calls fail with a retryable error.
    pub fn fail_next(&self, calls: usize) {
        self.script(calls, Fault::Unavailable);
    }

    /// The next `calls` calls are refused as too many.
    pub fn throttle_next(&self, calls: usize) {
        self.script(calls, Fault::Throttled);
    }

    /// The next `calls` calls are refused for good.
    pub fn refuse_next(&self, calls: usize) {
        self.script(calls, Fault::Refused);
    }

    /// The next `calls` calls go well; faults scripted after this come later.
    pub fn succeed_next(&self, calls: usize) {
        self.0
            .lock()
            .unwrap()
            .faults
            .extend(std::iter::repeat_n(None, calls));
    }

    pub fn calls(&self) -> Vec<KvCall> {
        self.0.lock().unwrap().calls.clone()
    }

    /// Behind the program's back: what the store holds.
    pub fn value(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().values.get(key).cloned()
    }

    pub fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().values.keys().cloned().collect()
    }

    /// Behind the program's back: changes or (with `None`) removes a value.
    pub fn tamper(&self, key: &str, value: Option<Vec<u8>>) {
        let mut state = self.0.lock().unwrap();
        match value {
            Some(value) => state.values.insert(key.to_owned(), value),
            None => state.values.remove(key),
        };
    }

    /// Reads of keys that begin so show `bytes`, whatever was put.
    pub fn lie_about(&self, prefix: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap().lie = Some((prefix.to_owned(), bytes));
    }

    pub fn stop_lying(&self) {
        self.0.lock().unwrap().lie = None;
    }

    /// What the program put under the key, the oldest first.
    pub fn history(&self, key: &str) -> Vec<Vec<u8>> {
        let state = self.0.lock().unwrap();
        let values = state.history.iter().filter(|(put, _)| put == key);
        values.map(|(_, value)| value.clone()).collect()
    }

    /// The next write of a key that begins so stands still until it is let go on.
    pub fn pause_at(&self, prefix: &str) -> Arc<Pause> {
        let pause = Arc::<Pause>::default();
        self.0.lock().unwrap().pause = Some((prefix.to_owned(), pause.clone()));
        pause
    }

    fn script(&self, calls: usize, fault: Fault) {
        self.0
            .lock()
            .unwrap()
            .faults
            .extend(std::iter::repeat_n(Some(fault), calls));
    }
}

/// Both ends of a write that stands still.
#[derive(Default)]
pub struct Pause {
    reached: Notify,
    resumed: Notify,
}

impl Pause {
    /// Waits until the write has come.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    pub fn resume(&self) {
        self.resumed.notify_one();
    }
}

#[derive(Clone, Copy)]
enum Fault {
    Unavailable,
    Throttled,
    Refused,
}

impl State {
    fn take(&mut self, call: KvCall) -> Result<(), KvError> {
        self.calls.push(call);
        match self.faults.pop_front().flatten() {
            None => Ok(()),
            Some(Fault::Unavailable) => Err(KvError::Unavailable(anyhow::anyhow!("connection refused"))),
            Some(Fault::Throttled) => Err(KvError::Throttled {
                retry_after: Some(Duration::from_millis(1)),
            }),
            Some(Fault::Refused) => Err(KvError::Refused("403 Forbidden".to_owned())),
        }
    }
}

#[async_trait]
impl EdgeKv for FakeEdgeKv {
    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), KvError> {
        let pause = {
            let mut state = self.0.lock().unwrap();
            let pause = state.pause.take_if(|(prefix, _)| key.starts_with(&**prefix));
            pause.map(|(_, pause)| pause)
        };
        if let Some(pause) = pause {
            pause.reached.notify_one();
            pause.resumed.notified().await;
        }
        let mut state = self.0.lock().unwrap();
        state.take(KvCall::Put(key.to_owned()))?;
        state.values.insert(key.to_owned(), value.clone());
        state.history.push((key.to_owned(), value));
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        let mut state = self.0.lock().unwrap();
        state.take(KvCall::Get(key.to_owned()))?;
        if let Some((_, lie)) = state
            .lie
            .as_ref()
            .filter(|(prefix, _)| key.starts_with(&**prefix))
        {
            return Ok(Some(lie.clone()));
        }
        Ok(state.values.get(key).cloned())
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        let mut state = self.0.lock().unwrap();
        state.take(KvCall::Delete(key.to_owned()))?;
        state.values.remove(key);
        Ok(())
    }
}
