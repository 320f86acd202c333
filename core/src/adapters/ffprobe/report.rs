use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::videos::{Found, Picture, Ratio, Sound, Stream};

/// Reads what ffprobe says of a file.
pub(super) fn read(json: &[u8]) -> serde_json::Result<Found> {
    Ok(serde_json::from_slice::<Report>(json)?.found())
}

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    streams: Vec<ReportStream>,
    #[serde(default)]
    packets: Vec<Packet>,
    #[serde(default)]
    format: Format,
}

#[derive(Default, Deserialize)]
struct Format {
    #[serde(default)]
    tags: Tags,
}

type Tags = BTreeMap<String, IgnoredAny>;

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
    sample_aspect_ratio: Option<String>,
    #[serde(default)]
    pix_fmt: String,
    color_transfer: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    profile: Option<String>,
    extradata: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
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
        let of_streams = self.streams.iter().flat_map(|stream| stream.tags.keys());
        Found {
            streams: self.streams.iter().map(|stream| self.stream(stream)).collect(),
            tags: self.format.tags.keys().chain(of_streams).cloned().collect(),
        }
    }

    fn stream(&self, stream: &ReportStream) -> Stream {
        let ratio = |said: &Option<String>| Ratio::parse(said.as_deref()?);
        let (frames, duration_ms) = self.measure(stream.index);
        let codec = stream.codec_name.clone().unwrap_or_default();
        match stream.codec_type.as_deref() {
            Some("video") if stream.disposition.attached_pic == 0 => {
                let turns = stream.side_data_list.iter().find_map(|data| data.rotation);
                Stream::Video(Picture {
                    codec,
                    codec_string: stream.h264(),
                    width: stream.width,
                    height: stream.height,
                    pixel_shape: ratio(&stream.sample_aspect_ratio),
                    pixel_format: stream.pix_fmt.clone(),
                    transfer: stream.color_transfer.clone(),
                    rotation: turns.unwrap_or_default() as i32,
                    average_rate: ratio(&stream.avg_frame_rate),
                    base_rate: ratio(&stream.r_frame_rate),
                    frames_said: stream.nb_frames.as_ref().and_then(|said| said.parse().ok()),
                    frames,
                    duration_ms,
                })
            }
            Some("audio") => Stream::Audio(Sound {
                codec,
                codec_string: stream.aac(),
                packets: frames,
            }),
            _ => Stream::Other,
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

impl ReportStream {
    /// Profile, what it keeps to and level, as its decoder configuration has them behind its version.
    fn h264(&self) -> Option<String> {
        if self.codec_name.as_deref() != Some("h264") {
            return None;
        }
        let dump = self.extradata.as_deref()?.trim_start();
        let digits: String = dump
            .split_once(": ")?
            .1
            .chars()
            .filter(|sign| *sign != ' ')
            .take(8)
            .collect();
        let profile = digits.strip_prefix("01")?;
        let are_hex = profile.len() == 6 && profile.bytes().all(|sign| sign.is_ascii_hexdigit());
        are_hex.then(|| format!("avc1.{profile}"))
    }

    fn aac(&self) -> Option<String> {
        let is_plain = self.codec_name.as_deref() == Some("aac") && self.profile.as_deref() == Some("LC");
        is_plain.then(|| "mp4a.40.2".to_owned())
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
                  "nb_frames": "3", "pix_fmt": "yuv420p", "sample_aspect_ratio": "4:3", "avg_frame_rate": "25/1",
                  "r_frame_rate": "0/0", "extradata": "\n00000000: 0164 001f ffe1 001a  .d......\n", "disposition": { "attached_pic": 0 }, "side_data_list": [{}, { "rotation": -90 }] },
                { "index": 1, "codec_name": "aac", "codec_type": "audio", "profile": "LC",
                  "disposition": { "attached_pic": 0 }, "tags": { "title": "Ana" } },
                { "index": 2, "codec_name": "mjpeg", "codec_type": "video", "width": 9, "height": 9,
                  "disposition": { "attached_pic": 1 } },
                { "index": 3, "codec_type": "data" }
            ],
            "format": { "tags": { "location": "+52+13/" } }
        }"#;
        let picture = Picture {
            codec: "h264".to_owned(),
            codec_string: Some("avc1.64001f".to_owned()),
            width: 640,
            height: 480,
            pixel_shape: Ratio::new(4, 3),
            pixel_format: "yuv420p".to_owned(),
            transfer: None,
            rotation: -90,
            average_rate: Ratio::whole(25),
            base_rate: None,
            frames_said: Some(3),
            frames: 3,
            duration_ms: 80,
        };
        let sound = Sound {
            codec: "aac".to_owned(),
            codec_string: Some("mp4a.40.2".to_owned()),
            packets: 1,
        };
        let found = read(report.as_bytes()).unwrap();
        let streams = vec![
            Stream::Video(picture),
            Stream::Audio(sound),
            Stream::Other,
            Stream::Other,
        ];
        assert_eq!(found.streams, streams);
        assert_eq!(found.tags, ["location", "title"]);
    }

    #[test]
    fn a_video_without_packets_has_no_length() {
        let report: Report = serde_json::from_str(r#"{ "streams": [] }"#).unwrap();
        assert_eq!(report.measure(0), (0, 0));
    }
}
