use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use marquee_core::redirects::{EdgeKv, KvError};

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
    calls: Vec<KvCall>,
    faults: VecDeque<Option<(String, bool)>>,
}

impl FakeEdgeKv {
    /// The next `calls` calls fail with a retryable error.
    pub fn fail_next(&self, calls: usize) {
        self.script(calls, "unavailable", true);
    }

    /// The next `calls` calls are refused as too many.
    pub fn throttle_next(&self, calls: usize) {
        self.script(calls, "429 too many requests", true);
    }

    /// The next `calls` calls are refused for good.
    pub fn refuse_next(&self, calls: usize) {
        self.script(calls, "403 forbidden", false);
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

    fn script(&self, calls: usize, message: &str, retryable: bool) {
        let fault = Some((message.to_owned(), retryable));
        self.0
            .lock()
            .unwrap()
            .faults
            .extend(std::iter::repeat_n(fault, calls));
    }
}

impl State {
    fn take(&mut self, call: KvCall) -> Result<(), KvError> {
        self.calls.push(call);
        match self.faults.pop_front().flatten() {
            Some((message, retryable)) => Err(KvError { message, retryable }),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl EdgeKv for FakeEdgeKv {
    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), KvError> {
        let mut state = self.0.lock().unwrap();
        state.take(KvCall::Put(key.to_owned()))?;
        state.values.insert(key.to_owned(), value);
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        let mut state = self.0.lock().unwrap();
        state.take(KvCall::Get(key.to_owned()))?;
        Ok(state.values.get(key).cloned())
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        let mut state = self.0.lock().unwrap();
        state.take(KvCall::Delete(key.to_owned()))?;
        state.values.remove(key);
        Ok(())
    }
}
