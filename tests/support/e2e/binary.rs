use std::process::{Command, Output};

use serde_json::Value;

use crate::process::built;

/// `marquee` with `settings` as its whole environment and none of ours: what is not given has its default.
pub fn marquee(settings: &[(String, String)]) -> Command {
    let mut command = Command::new(built("marquee-e2e"));
    command
        .env_clear()
        .envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

/// What a verb of the command line printed, and how it exited.
#[derive(Debug)]
pub struct Printed {
    pub code: Option<i32>,
    pub out: String,
    pub errors: String,
}

impl Printed {
    /// # Panics
    /// When what it printed is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }
}

impl From<Output> for Printed {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            errors: String::from_utf8(output.stderr).expect("text"),
        }
    }
}
