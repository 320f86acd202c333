//! Looks into videos with ffprobe, as a program of its own: its parsers are C, and the files are hostile.
//!
//! What it may do is said twice: by its own flags (files only, three families of containers, ten codecs, so many pixels),
//! and by the walls (`walls.rs`) around it.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;

use super::walls::{Limits, Walls, read, run};
use crate::videos::{Found, Unreadable, VideoProbe};

mod report;

const PROGRAM: &str = "ffprobe";
const LIMITS: Limits = Limits {
    within: Duration::from_secs(15),
    processor: Duration::from_secs(15),
    memory_bytes: 2 << 30,
    file_bytes: 0,
};
/// A line for each packet: enough for two days of video.
const MOST_OUTPUT: u64 = 32 << 20;
const FLAGS: &str = "-v error -protocol_whitelist file -format_whitelist mov,mp4,m4a,3gp,3g2,mj2,matroska,webm \
    -codec_whitelist h264,hevc,vp8,vp9,av1,aac,opus,mp3,vorbis,pcm_s16le -max_pixels 8912896 -show_data \
    -show_entries stream=index,codec_type,codec_name,width,height,nb_frames,sample_aspect_ratio,pix_fmt,color_transfer\
,avg_frame_rate,r_frame_rate,extradata,profile:stream_disposition=attached_pic:stream_side_data=rotation:stream_tags\
:format_tags:packet=stream_index,pts_time,duration_time -of json=compact=1";

pub struct Ffprobe {
    limits: Limits,
    walls: Walls,
}

impl Default for Ffprobe {
    fn default() -> Self {
        Self::within(LIMITS.within)
    }
}

#[async_trait]
impl VideoProbe for Ffprobe {
    async fn probe(&self, file: &Path) -> anyhow::Result<Result<Found, Unreadable>> {
        let folder = file.parent().context("in which folder?")?;
        let program = OsStr::new(PROGRAM);
        let mut command = self.walls.command(program, folder, &self.limits).await;
        command.args(FLAGS.split_whitespace());
        // Said as a protocol, so that no name is taken for one, nor for a flag.
        let mut name = OsString::from("file:");
        name.push(file);
        command.arg(name);
        let ended = run(command, self.limits.within, |output| read(output, MOST_OUTPUT)).await?;
        let Some(ended) = ended else {
            return Ok(Err(Unreadable::TooMuchWork));
        };
        if ended.output.len() as u64 >= MOST_OUTPUT {
            return Ok(Err(Unreadable::TooMuchWork));
        }
        if !ended.status.success() {
            return judge_failure(ended.status, &ended.errors).map(Err);
        }
        Ok(Ok(
            report::read(&ended.output).context("reading what ffprobe says")?
        ))
    }

    async fn check(&self) -> anyhow::Result<String> {
        self.walls.describe(OsStr::new(PROGRAM), &self.limits).await
    }
}

impl Ffprobe {
    /// Stops what takes longer than this.
    pub fn within(within: Duration) -> Self {
        Self {
            limits: Limits { within, ..LIMITS },
            walls: Walls::default(),
        }
    }
}

/// A failure of the file's, or, when it could not even be started, of ours.
fn judge_failure(status: ExitStatus, errors: &str) -> anyhow::Result<Unreadable> {
    // 126 and 127: the wall or the program is not there.
    match status.code() {
        Some(1) if errors.contains("Codec (") && errors.contains("not on whitelist") => {
            Ok(Unreadable::CodecUnsupported)
        }
        Some(1) if errors.contains("exceeds specified max pixel count") => Ok(Unreadable::TooManyPixels),
        Some(1) => Ok(Unreadable::NotAVideo),
        Some(code) => anyhow::bail!("ffprobe could not be run ({code}): {}", errors.trim()),
        // A signal: too much time or memory, or it crashed on the file.
        None => Ok(Unreadable::TooMuchWork),
    }
}
