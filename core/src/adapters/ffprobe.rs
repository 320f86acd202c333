//! Looks into videos with ffprobe, as a program of its own: its parsers are C, and the files are hostile.
//!
//! What it may do is said three times. By its own flags: files only, three families of containers, ten codecs, so many
//! pixels. By the kernel: memory, time, no files written, and no network (`unshare`, where it is let). By us: it is
//! started without a shell and without our environment, and killed, with all it has started, when it takes too long.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::videos::{Found, Stream, Unreadable, VideoProbe};

const WITHIN: Duration = Duration::from_secs(15);
/// Processor time, in seconds; address space and files, in bytes.
const LIMITS: [&str; 5] = [
    "--cpu=15",
    "--as=2147483648",
    "--fsize=0",
    "--nofile=64",
    "--core=0",
];
/// No network but its own, empty one.
const WALL: [&str; 3] = ["unshare", "-rn", "--"];
/// A line for each packet: enough for two days of video.
const MOST_OUTPUT: u64 = 32 << 20;
const MOST_ERRORS: u64 = 64 << 10;
const FLAGS: &str = "-v error -protocol_whitelist file -format_whitelist mov,mp4,m4a,3gp,3g2,mj2,matroska,webm \
    -codec_whitelist h264,hevc,vp8,vp9,av1,aac,opus,mp3,vorbis,pcm_s16le -max_pixels 8912896 \
    -show_entries stream=index,codec_type,codec_name,width,height,nb_frames:stream_disposition=attached_pic\
:stream_side_data=rotation:packet=stream_index,pts_time,duration_time -of json=compact=1";

pub struct Ffprobe {
    /// How long it may take.
    within: Duration,
    /// Whether this machine lets us take the network away.
    walled: OnceCell<bool>,
}

impl Default for Ffprobe {
    fn default() -> Self {
        Self::within(WITHIN)
    }
}

#[async_trait]
impl VideoProbe for Ffprobe {
    async fn probe(&self, file: &Path) -> anyhow::Result<Result<Found, Unreadable>> {
        let mut command = self.walled_in("ffprobe").await;
        command.args(FLAGS.split_whitespace());
        // Said as a protocol, so that no name is taken for one, nor for a flag.
        let mut name = std::ffi::OsString::from("file:");
        name.push(file);
        command.arg(name);
        let Some((status, output, errors)) = finish(command, self.within).await? else {
            return Ok(Err(Unreadable::TooMuchWork));
        };
        if output.len() as u64 >= MOST_OUTPUT {
            return Ok(Err(Unreadable::TooMuchWork));
        }
        if !status.success() {
            return judge_failure(status, &errors).map(Err);
        }
        let report: Report = serde_json::from_slice(&output).context("reading what ffprobe says")?;
        Ok(Ok(report.found()))
    }

    async fn check(&self) -> anyhow::Result<String> {
        let mut command = self.walled_in("ffprobe").await;
        command.arg("-version");
        let run = finish(command, self.within)
            .await?
            .context("ffprobe does not answer")?;
        let (status, output, errors) = run;
        anyhow::ensure!(status.success(), "ffprobe fails: {}", errors.trim());
        let version = String::from_utf8_lossy(&output);
        let version = version.split_whitespace().nth(2).unwrap_or("?").to_owned();
        Ok(if self.is_walled().await {
            format!("ffprobe {version}, without network")
        } else {
            format!("ffprobe {version}; this machine does not let us take its network away (unshare -rn)")
        })
    }
}

impl Ffprobe {
    /// Stops what takes longer than this.
    pub fn within(within: Duration) -> Self {
        Self {
            within,
            walled: OnceCell::new(),
        }
    }

    async fn walled_in(&self, program: &str) -> Command {
        let mut command = Command::new("prlimit");
        command.args(LIMITS).arg("--");
        if self.is_walled().await {
            command.args(WALL);
        }
        command
            .arg(program)
            // No settings and no secrets of ours.
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    async fn is_walled(&self) -> bool {
        let look = || async {
            let mut command = Command::new(WALL[0]);
            command.args(&WALL[1..]).arg("true");
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let walled = command.status().await.is_ok_and(|status| status.success());
            if !walled {
                tracing::warn!("videos are looked into with a network within reach: unshare -rn is refused");
            }
            walled
        };
        *self.walled.get_or_init(look).await
    }
}

/// Runs it to its end and reads what it says, both at once: a full pipe would stop it. `None`: it took too long.
async fn finish(
    mut command: Command,
    within: Duration,
) -> anyhow::Result<Option<(ExitStatus, Vec<u8>, String)>> {
    let mut child = command
        .spawn()
        .context("starting prlimit (util-linux) and ffprobe")?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let run = async {
        let (output, errors, status) =
            tokio::join!(read(output, MOST_OUTPUT), read(errors, MOST_ERRORS), child.wait());
        anyhow::Ok((status?, output?, String::from_utf8_lossy(&errors?).into_owned()))
    };
    let ended = tokio::time::timeout(within, run).await;
    drop(group);
    ended.ok().transpose()
}

/// What is too much is not read, and who writes it stops at a closed pipe.
async fn read(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(most).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// Whatever runs in it is killed when this goes, whether it ended, took too long, or its job was taken away.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It has mostly ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
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

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    streams: Vec<ReportStream>,
    #[serde(default)]
    packets: Vec<Packet>,
}

#[derive(Deserialize)]
struct ReportStream {
    index: u32,
    codec_type: Option<String>,
    codec_name: Option<String>,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    nb_frames: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

#[derive(Deserialize)]
struct Packet {
    stream_index: u32,
    pts_time: Option<String>,
    duration_time: Option<String>,
}

impl Report {
    fn found(&self) -> Found {
        let streams = self.streams.iter().map(|stream| {
            let codec = stream.codec_name.clone().unwrap_or_default();
            match stream.codec_type.as_deref() {
                Some("video") if stream.disposition.attached_pic == 0 => {
                    let (frames, duration_ms) = self.measure(stream.index);
                    let turns = stream.side_data_list.iter().find_map(|data| data.rotation);
                    Stream::Video {
                        codec,
                        width: stream.width,
                        height: stream.height,
                        rotation: turns.unwrap_or_default() as i32,
                        frames_said: stream.nb_frames.as_ref().and_then(|said| said.parse().ok()),
                        frames,
                        duration_ms,
                    }
                }
                Some("audio") => Stream::Audio { codec },
                _ => Stream::Other,
            }
        });
        Found {
            streams: streams.collect(),
        }
    }

    /// How many packets a stream has, and from when to when they are shown, in milliseconds.
    fn measure(&self, index: u32) -> (u64, u64) {
        let seconds = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
        let (mut frames, mut first, mut last) = (0, f64::INFINITY, f64::NEG_INFINITY);
        for packet in self.packets.iter().filter(|packet| packet.stream_index == index) {
            frames += 1;
            if let Some(at) = seconds(&packet.pts_time) {
                first = first.min(at);
                last = last.max(at + seconds(&packet.duration_time).unwrap_or_default());
            }
        }
        // Of nothing, or of times that make no sense, it is 0.
        (frames, ((last - first) * 1_000.0).round().max(0.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_for_what_is_there() {
        let report = r#"{
            "packets": [
                { "stream_index": 0, "pts_time": "1.000000", "duration_time": "0.040000" },
                { "stream_index": 1, "pts_time": "0.000000", "duration_time": "9.000000" },
                { "stream_index": 0, "pts_time": "1.040000", "duration_time": "0.040000" },
                { "stream_index": 0 }
            ],
            "programs": [],
            "streams": [
                { "index": 0, "codec_name": "h264", "codec_type": "video", "width": 640, "height": 480,
                  "nb_frames": "3", "disposition": { "attached_pic": 0 }, "side_data_list": [{}, { "rotation": -90 }] },
                { "index": 1, "codec_name": "aac", "codec_type": "audio", "disposition": { "attached_pic": 0 } },
                { "index": 2, "codec_name": "mjpeg", "codec_type": "video", "width": 9, "height": 9,
                  "disposition": { "attached_pic": 1 } },
                { "index": 3, "codec_type": "data" }
            ]
        }"#;
        let report: Report = serde_json::from_str(report).unwrap();
        let picture = Stream::Video {
            codec: "h264".to_owned(),
            width: 640,
            height: 480,
            rotation: -90,
            frames_said: Some(3),
            frames: 3,
            duration_ms: 80,
        };
        let sound = Stream::Audio {
            codec: "aac".to_owned(),
        };
        let streams = vec![picture, sound, Stream::Other, Stream::Other];
        assert_eq!(report.found(), Found { streams });
    }

    #[test]
    fn a_video_without_packets_has_no_length() {
        let report: Report = serde_json::from_str(r#"{ "streams": [] }"#).unwrap();
        assert_eq!(report.measure(0), (0, 0));
    }
}
