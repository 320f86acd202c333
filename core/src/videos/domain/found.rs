use super::{Length, Reason};

/// What is in a file, as the probe has seen it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub streams: Vec<Stream>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stream {
    Video {
        codec: String,
        width: u32,
        height: u32,
        /// How far it is turned to be shown, in degrees.
        rotation: i32,
        /// How many it says there are, if it says so.
        frames_said: Option<u64>,
        /// How many there are.
        frames: u64,
        /// From the first that is shown to the end of the last: as it is, not as it says.
        duration_ms: u64,
    },
    Audio {
        codec: String,
    },
    /// Subtitles, positions, a picture of the cover.
    Other,
}

/// What is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub duration_ms: i64,
    /// As it is shown.
    pub width: i32,
    pub height: i32,
    pub video_codec: String,
    /// `None`: silent.
    pub audio_codec: Option<String>,
}

/// 4K as cameras have it.
const MOST_PIXELS: u64 = 4_096 * 2_176;
const LEAST_SIDE: u32 = 64;
const MOST_FRAMES_A_SECOND: u64 = 120;
/// Telephones write a few beside picture and sound.
const MOST_STREAMS: usize = 8;
/// Of a hundred frames that a file says it has, so many must be there.
const LEAST_PERCENT: u64 = 90;
/// A last frame that is a little late makes nothing too long.
const TOLERATED_MS: i64 = 500;
const VIDEO_CODECS: [&str; 5] = ["h264", "hevc", "vp8", "vp9", "av1"];
const AUDIO_CODECS: [&str; 5] = ["aac", "opus", "mp3", "vorbis", "pcm_s16le"];

/// Whether it is a video of the length that is asked for.
pub fn judge(found: &Found, length: Length) -> Result<Facts, Reason> {
    if found.streams.is_empty() {
        return Err(Reason::NotAVideo);
    }
    if found.streams.len() > MOST_STREAMS {
        return Err(Reason::TooManyStreams);
    }
    let mut pictures = found.streams.iter().filter_map(|stream| match stream {
        Stream::Video {
            codec,
            width,
            height,
            rotation,
            frames_said,
            frames,
            duration_ms,
        } => Some((
            codec,
            (*width, *height),
            *rotation,
            (*frames_said, *frames),
            *duration_ms,
        )),
        Stream::Audio { .. } | Stream::Other => None,
    });
    let picture = pictures.next().ok_or(Reason::NoPicture)?;
    if pictures.next().is_some() {
        return Err(Reason::SeveralVideoStreams);
    }
    let sound = found.streams.iter().find_map(|stream| match stream {
        Stream::Audio { codec } => Some(codec),
        Stream::Video { .. } | Stream::Other => None,
    });

    let (codec, (width, height), rotation, (frames_said, frames), duration_ms) = picture;
    if !VIDEO_CODECS.contains(&codec.as_str())
        || sound.is_some_and(|codec| !AUDIO_CODECS.contains(&codec.as_str()))
    {
        return Err(Reason::CodecUnsupported);
    }
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Reason::TooManyPixels);
    }
    if width.min(height) < LEAST_SIDE {
        return Err(Reason::TooFewPixels);
    }
    if frames == 0 || frames_said.is_some_and(|said| frames * 100 < said.saturating_mul(LEAST_PERCENT)) {
        return Err(Reason::Damaged);
    }
    let duration_ms = i64::try_from(duration_ms).unwrap_or(i64::MAX);
    if duration_ms < length.least_ms {
        return Err(Reason::TooShort);
    }
    if duration_ms > length.most_ms.saturating_add(TOLERATED_MS) {
        return Err(Reason::TooLong);
    }
    // Some are shown at once at either end.
    let most = (duration_ms.unsigned_abs() / 1_000 + 1) * MOST_FRAMES_A_SECOND;
    if frames > most {
        return Err(Reason::TooManyFrames);
    }
    let turned = rotation.rem_euclid(180) == 90;
    let (width, height) = if turned { (height, width) } else { (width, height) };
    Ok(Facts {
        duration_ms,
        width: i32::try_from(width).unwrap_or(i32::MAX),
        height: i32::try_from(height).unwrap_or(i32::MAX),
        video_codec: codec.clone(),
        audio_codec: sound.cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Length = Length {
        least_ms: 3_000,
        most_ms: 60_000,
    };

    fn video(width: u32, height: u32, frames: u64, duration_ms: u64) -> Stream {
        Stream::Video {
            codec: "h264".to_owned(),
            width,
            height,
            rotation: 0,
            frames_said: None,
            frames,
            duration_ms,
        }
    }

    fn sound(codec: &str) -> Stream {
        Stream::Audio {
            codec: codec.to_owned(),
        }
    }

    fn judged(streams: impl IntoIterator<Item = Stream>) -> Result<Facts, Reason> {
        let streams = streams.into_iter().collect();
        judge(&Found { streams }, LENGTH)
    }

    #[test]
    fn what_is_refused_is_refused_for_its_reason() {
        let good = || video(1_920, 1_080, 300, 10_000);
        for (reason, streams) in [
            (Reason::NotAVideo, vec![]),
            (Reason::NoPicture, vec![sound("aac"), Stream::Other]),
            (Reason::SeveralVideoStreams, vec![good(), good()]),
            (Reason::TooManyStreams, vec![Stream::Other; 9]),
            (Reason::CodecUnsupported, vec![good(), sound("ac3")]),
            (Reason::TooManyPixels, vec![video(16_000, 16_000, 300, 10_000)]),
            (Reason::TooFewPixels, vec![video(1_920, 2, 300, 10_000)]),
            (Reason::Damaged, vec![video(640, 480, 0, 10_000)]),
            (Reason::TooShort, vec![video(640, 480, 80, 2_999)]),
            (Reason::TooLong, vec![video(640, 480, 300, 60_501)]),
            (Reason::TooManyFrames, vec![video(640, 480, 1_321, 10_000)]),
        ] {
            assert_eq!(judged(streams), Err(reason));
        }
        let Stream::Video { codec, .. } = good() else {
            unreachable!()
        };
        let cut = Stream::Video {
            codec,
            width: 640,
            height: 480,
            rotation: 0,
            frames_said: Some(334),
            frames: 300,
            duration_ms: 10_000,
        };
        assert_eq!(judged([cut]), Err(Reason::Damaged));
    }

    #[test]
    fn a_silent_video_is_one_and_a_turned_one_is_measured_as_it_is_shown() {
        let turned = Stream::Video {
            codec: "hevc".to_owned(),
            width: 1_920,
            height: 1_080,
            rotation: -90,
            frames_said: Some(300),
            frames: 300,
            duration_ms: 60_500,
        };
        let facts = judged([turned, Stream::Other]).unwrap();
        assert_eq!((facts.width, facts.height), (1_080, 1_920));
        assert_eq!((facts.video_codec.as_str(), facts.audio_codec), ("hevc", None));
    }
}
