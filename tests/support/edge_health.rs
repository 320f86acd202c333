use std::sync::Mutex;

use async_trait::async_trait;
use marquee_core::redirects::{EdgeHealth, EdgeReport};

/// The edge's own word, as a test has it say. No edge is configured until it says something.
#[derive(Default)]
pub struct FakeEdgeHealth(Mutex<State>);

#[derive(Default)]
struct State {
    reports: Vec<EdgeReport>,
    asked: Vec<Option<String>>,
}

impl FakeEdgeHealth {
    /// From now on every question is answered by these.
    pub fn say(&self, reports: Vec<EdgeReport>) {
        self.0.lock().unwrap().reports = reports;
    }

    /// The brands that were asked about, in order.
    pub fn asked(&self) -> Vec<Option<String>> {
        self.0.lock().unwrap().asked.clone()
    }
}

#[async_trait]
impl EdgeHealth for FakeEdgeHealth {
    async fn look(&self, brand: Option<&str>) -> Vec<EdgeReport> {
        let mut state = self.0.lock().unwrap();
        state.asked.push(brand.map(ToOwned::to_owned));
        state.reports.clone()
    }
}
