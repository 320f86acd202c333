//! The peer: zen-engine decides the same requests by the same rules, in a process of its own.

mod table;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use marquee_shared::rules::RuleSet;
use serde::Deserialize;
use serde_json::json;

use super::requests::Request;
use crate::peer::Peer;

/// A running `marquee-bench-zen` that has its table.
pub(crate) struct Zen {
    peer: Peer,
    pub(crate) version: String,
    /// Text to indexed table.
    pub(crate) compile_ms: f64,
}

#[derive(Deserialize)]
struct Ready {
    version: String,
    compile_ms: f64,
}

#[derive(Deserialize)]
struct Answer {
    rule: u32,
}

impl Zen {
    /// Starts the program with the rules and the requests; `scratch` is a folder for them.
    pub(crate) fn start(
        program: &Path,
        scratch: &Path,
        set: &RuleSet,
        requests: &[Request],
        batch: usize,
    ) -> Result<Self> {
        let task = json!({
            "graph": table::graph(set),
            "requests": requests.iter().map(table::context).collect::<Vec<_>>(),
            "batch": batch,
        });
        let file = scratch.join("zen.json");
        std::fs::write(&file, serde_json::to_vec(&task)?)
            .with_context(|| format!("writing {}", file.display()))?;
        let (peer, ready) = Peer::start("zen", Command::new(program).arg(&file))?;
        let Ready { version, compile_ms } = ready;
        Ok(Self {
            peer,
            version,
            compile_ms,
        })
    }

    /// The rule that decides each request.
    pub(crate) fn answers(&mut self) -> Result<Vec<Option<u32>>> {
        let answers: Vec<Option<Answer>> = self.peer.answers()?;
        Ok(answers
            .into_iter()
            .map(|answer| answer.map(|answer| answer.rule))
            .collect())
    }

    /// Nanoseconds per decision of each batch, for one pass over the requests.
    pub(crate) fn round(&mut self) -> Result<Vec<f64>> {
        self.peer.round()
    }
}
