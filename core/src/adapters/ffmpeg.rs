//! Makes of a video what is shown of it, with ffmpeg, as a program of its own behind walls (`walls.rs`).
//!
//! It runs twice. First the source is decoded, once, and everything that must be encoded is: what is shown, the same without
//! our mark, the smaller streams. Then, from what was made, by copying: the streams of HLS, and a poster and a preview.

mod arguments;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStdout;
use tokio::sync::OnceCell;

use super::walls::{Ended, Limits, Walls, read, run};
use crate::videos::{Outcome, Plan, Progress, ProgressReader, Transcoder, Work};

const LIMITS: Limits = Limits {
    within: Duration::from_secs(15),
    processor: Duration::from_secs(15),
    // A 4K source, decoded once, and five encoders.
    memory_bytes: 6 << 30,
    file_bytes: 2 << 30,
};
/// A line of its progress is a few words.
const MOST_OF_A_LINE: usize = 1 << 10;
/// What is said where the source is at fault.
const OF_THE_SOURCE: [&str; 6] = [
    "Invalid data found when processing input",
    "Error while decoding",
    "not on whitelist",
    "exceeds specified max pixel count",
    "matches no streams",
    "Could not find codec parameters",
];
/// What is said where this machine is, whatever else is.
const OF_OURS: [&str; 8] = [
    "No space left on device",
    "File too large",
    "Cannot allocate memory",
    "Permission denied",
    "Input/output error",
    "Unknown encoder",
    "No such filter",
    "Resource temporarily unavailable",
];

pub struct Ffmpeg {
    program: OsString,
    limits: Limits,
    walls: Walls,
    /// Whether it has what makes of more light than screens have as much as they have.
    tones: OnceCell<bool>,
}

impl Default for Ffmpeg {
    fn default() -> Self {
        Self::at("ffmpeg")
    }
}

#[async_trait]
impl Transcoder for Ffmpeg {
    async fn transcode(
        &self,
        work: Work<'_>,
        tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> anyhow::Result<Outcome> {
        let plan = work.plan;
        let tones = plan.bright && *self.tones.get_or_try_init(|| self.has_tones()).await?;
        let ended = self.run(work, arguments::encode(plan, tones), tell).await?;
        let complaints = ended.errors.trim();
        if !ended.status.success() {
            return judge_failure(ended.status, complaints);
        }
        let copied = self.run(work, arguments::copy(plan), &|_| ()).await?;
        let errors = copied.errors.trim();
        anyhow::ensure!(
            copied.status.success(),
            "ffmpeg cannot read what it made ({}): {errors}",
            copied.status
        );
        Ok(if complaints.is_empty() {
            Outcome::Made
        } else {
            Outcome::MadeOfTheRest(complaints.to_owned())
        })
    }

    async fn check(&self) -> anyhow::Result<String> {
        let told = self.walls.describe(&self.program, &LIMITS).await?;
        Ok(if self.has_tones().await? {
            told
        } else {
            format!("{told}, without zscale: HDR will look pale")
        })
    }
}

impl Ffmpeg {
    /// Another program than the first on the path.
    pub fn at(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            limits: LIMITS,
            walls: Walls::default(),
            tones: OnceCell::new(),
        }
    }

    /// What each of its two runs is told, of a source without more light than screens have: to be compared with.
    pub fn arguments(plan: &Plan) -> [Vec<String>; 2] {
        [arguments::encode(plan, false), arguments::copy(plan)]
    }

    /// No file that it writes is larger.
    #[must_use]
    pub fn writing_at_most(mut self, bytes: u64) -> Self {
        self.limits.file_bytes = bytes;
        self
    }

    async fn run(
        &self,
        work: Work<'_>,
        arguments: Vec<String>,
        tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> anyhow::Result<Ended<()>> {
        let limits = Limits {
            within: work.within,
            processor: work.plan.within(),
            ..self.limits
        };
        let mut command = self.walls.command(&self.program, work.folder, &limits).await;
        command.args(arguments);
        let listen = |output| listen(output, work.plan, tell);
        let ended = run(command, limits.within, listen).await?;
        ended.ok_or_else(|| anyhow::anyhow!("ffmpeg takes longer than {} s", limits.within.as_secs()))
    }

    async fn has_tones(&self) -> anyhow::Result<bool> {
        let mut command = self.walls.command(&self.program, Path::new("/"), &LIMITS).await;
        command.args(["-hide_banner", "-filters"]);
        let ended = run(command, LIMITS.within, |output| read(output, 1 << 20)).await?;
        let filters = ended.map(|ended| String::from_utf8_lossy(&ended.output).into_owned());
        Ok(filters.is_some_and(|filters| filters.contains(" zscale ") && filters.contains(" tonemap ")))
    }
}

/// Reads what it tells of its progress until it ends.
async fn listen(
    mut output: ChildStdout,
    plan: &Plan,
    tell: &(dyn Fn(Progress) + Send + Sync),
) -> std::io::Result<()> {
    let mut reader = ProgressReader::new(plan.duration_ms);
    let (mut line, mut some) = (Vec::new(), [0; 1 << 10]);
    loop {
        let read = output.read(&mut some).await?;
        if read == 0 {
            return Ok(());
        }
        for byte in some.iter().take(read) {
            if *byte != b'\n' {
                if line.len() < MOST_OF_A_LINE {
                    line.push(*byte);
                }
                continue;
            }
            if let Some(progress) = reader.line(&String::from_utf8_lossy(&line)) {
                tell(progress);
            }
            line.clear();
        }
    }
}

/// Only what surely is the source's fault is said to be: the rest is tried again, and then somebody is told.
fn judge_failure(status: ExitStatus, complaints: &str) -> anyhow::Result<Outcome> {
    let says = |texts: &[&str]| texts.iter().any(|text| complaints.contains(text));
    // 126 and 127: the wall or the program is not there.
    let is_missing = matches!(status.code(), None | Some(126 | 127));
    if !is_missing && says(&OF_THE_SOURCE) && !says(&OF_OURS) {
        return Ok(Outcome::Unplayable(complaints.to_owned()));
    }
    anyhow::bail!("ffmpeg fails ({status}): {complaints}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn only_what_surely_is_the_sources_fault_is_said_to_be() {
        let exit = |code: i32| ExitStatus::from_raw(code << 8);
        let invalid = "file:source: Invalid data found when processing input";
        assert!(matches!(
            judge_failure(exit(1), invalid),
            Ok(Outcome::Unplayable(_))
        ));
        assert!(judge_failure(exit(1), "Conversion failed!").is_err());
        assert!(judge_failure(exit(1), &format!("{invalid}\nshown.mp4: No space left on device")).is_err());
        assert!(judge_failure(exit(127), invalid).is_err());
        assert!(judge_failure(ExitStatus::from_raw(9), invalid).is_err(), "killed");
    }
}
