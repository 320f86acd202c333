//! What a developer sees while waiting: a spinner with the latest line on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) struct Progress {
    terminal: bool,
    done: Vec<(String, Duration)>,
    started: Instant,
}

/// One thing being waited for.
pub(crate) struct Step {
    bar: ProgressBar,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            done: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Runs `work` under the name of what it does and prints how long that took.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce(&Step) -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let step = self.begin(name);
        let result = work(&step);
        step.bar.finish_and_clear();
        let took = started.elapsed();
        match &result {
            Ok(_) => eprintln!("  ✓ {name} ({})", seconds(took)),
            Err(_) => eprintln!("  ✗ {name} ({})", seconds(took)),
        }
        self.done.push((name.to_owned(), took));
        result
    }

    /// Runs `work`, which prints for itself, between two lines that name it.
    pub(crate) fn stage<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("\n── {name}");
        let started = Instant::now();
        let result = work();
        let took = started.elapsed();
        eprintln!(
            "── {name}: {} after {}",
            if result.is_ok() { "done" } else { "FAILED" },
            seconds(took)
        );
        self.done.push((name.to_owned(), took));
        result
    }

    /// Prints what each step cost, in order.
    pub(crate) fn summary(&self) {
        let width = self
            .done
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or_default();
        eprintln!("\nTime by stage");
        for (name, took) in &self.done {
            eprintln!("  {name:width$}  {:>9}", seconds(*took));
        }
        eprintln!("  {:width$}  {:>9}", "in all", seconds(self.started.elapsed()));
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn begin(&self, name: &str) -> Step {
        if !self.terminal {
            eprintln!("  … {name}");
            return Step {
                bar: ProgressBar::hidden(),
            };
        }
        let bar = ProgressBar::new_spinner().with_prefix(name.to_owned());
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix} {elapsed:.dim} {wide_msg:.dim}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Step { bar }
    }
}

impl Step {
    /// Shows the latest thing that happened; only a terminal sees it.
    pub(crate) fn say(&self, line: &str) {
        self.bar.set_message(line.trim().to_owned());
    }

    /// Prints a line that stays.
    pub(crate) fn note(&self, line: &str) {
        self.bar.suspend(|| eprintln!("    {line}"));
    }
}

/// `0.3 s`, `12.0 s`, `4 min 05 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let all = duration.as_secs();
    if all < 100 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", all / 60, all % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_is_told_in_minutes() {
        assert_eq!(seconds(Duration::from_millis(340)), "0.3 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
    }
}
