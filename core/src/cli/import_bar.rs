//! How far an import is, on a terminal; elsewhere nothing is drawn, so that a log stays a log.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::redirects::{Progress, Step};

/// Where on the bar the file is read, and the rules are checked. The rest is for storing them.
const READ: u64 = 40;
const CHECKED: u64 = 80;
const WHOLE: u64 = 100;

/// Disappears when it is dropped.
pub(super) struct ImportBar {
    bar: ProgressBar,
    size_bytes: u64,
}

impl ImportBar {
    pub(super) fn start(size_bytes: usize) -> Self {
        let bar = ProgressBar::new(WHOLE).with_message("looking up the draft");
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} [{bar:30}] {percent:>3}% {msg} ({elapsed})")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            bar,
            size_bytes: size_bytes as u64,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        let (bar, size_bytes) = (self.bar.clone(), self.size_bytes);
        Progress::new(move |step| {
            let percent = percent(step, size_bytes);
            // Most steps are too small to see.
            if percent != bar.position() || !matches!(step, Step::Reading(_)) {
                bar.set_position(percent);
                bar.set_message(message(step));
            }
        })
    }
}

impl Drop for ImportBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn percent(step: Step, size_bytes: u64) -> u64 {
    let share = |done: u64, of: u64| (done.min(of), of.max(1));
    let (begin, end, (done, of)) = match step {
        Step::Reading(bytes) => (0, READ, share(bytes, size_bytes)),
        Step::Checking(_) => (READ, CHECKED, (0, 1)),
        Step::Storing { stored, of } => (CHECKED, WHOLE, share(stored as u64, of as u64)),
    };
    begin + (end - begin) * done / of
}

fn message(step: Step) -> String {
    match step {
        Step::Reading(_) => "reading the file".to_owned(),
        Step::Checking(rules) => format!("checking {rules} rules"),
        Step::Storing { of, .. } => format!("storing {of} rules"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_goes_from_nothing_to_all_and_never_back() {
        let storing = |stored| Step::Storing { stored, of: 50 };
        let steps = [
            Step::Reading(0),
            Step::Reading(500),
            Step::Reading(1_000),
            Step::Checking(50),
            storing(0),
            storing(25),
            storing(50),
        ];
        let percents = steps.map(|step| percent(step, 1_000));
        assert_eq!(percents, [0, 20, 40, 40, 80, 90, 100]);
    }

    #[test]
    fn an_empty_file_and_no_rules_are_no_trouble() {
        assert_eq!(percent(Step::Reading(0), 0), 0);
        assert_eq!(percent(Step::Storing { stored: 0, of: 0 }, 0), CHECKED);
    }
}
