use super::{Length, Ratio, Reason};

/// What is in a file, as the probe has seen it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub streams: Vec<Stream>,
    /// By what names something is said about the file or its streams: where it was taken, with what, when.
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stream {
    Video(Picture),
    Audio(Sound),
    /// Subtitles, positions, a picture of the cover.
    Other,
}

/// A stream that is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    pub codec: String,
    /// As players are told, by RFC 6381: `avc1.64001f`.
    pub codec_string: Option<String>,
    pub width: u32,
    pub height: u32,
    /// How wide a pixel is, of its height, where it says so.
    pub pixel_shape: Option<Ratio>,
    /// How a pixel is written: `yuv420p`.
    pub pixel_format: String,
    /// How light becomes numbers: `bt709`, or `smpte2084` of one with more light than screens have.
    pub transfer: Option<String>,
    /// How far it is turned to be shown, in degrees.
    pub rotation: i32,
    /// Pictures a second on average, and by what all of its times can be counted; both as it says.
    pub average_rate: Option<Ratio>,
    pub base_rate: Option<Ratio>,
    /// How many it says there are, if it says so.
    pub frames_said: Option<u64>,
    /// How many there are.
    pub frames: u64,
    /// From the first that is shown to the end of the last: as it is, not as it says.
    pub duration_ms: u64,
}

/// A stream that is heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    pub codec: String,
    /// `mp4a.40.2`
    pub codec_string: Option<String>,
    /// How many pieces of it there are: of none, nothing is heard.
    pub packets: u64,
}

impl Found {
    /// The first.
    pub fn picture(&self) -> Option<&Picture> {
        self.streams.iter().find_map(|stream| match stream {
            Stream::Video(picture) => Some(picture),
            Stream::Audio(_) | Stream::Other => None,
        })
    }

    /// The first.
    pub fn sound(&self) -> Option<&Sound> {
        self.streams.iter().find_map(|stream| match stream {
            Stream::Audio(sound) => Some(sound),
            Stream::Video(_) | Stream::Other => None,
        })
    }
}

impl Picture {
    /// Width and height as it is shown: pixels made square, then turned.
    pub fn shown(&self) -> (u32, u32) {
        let shape = self.pixel_shape.map_or(1.0, Ratio::value);
        // What is narrower than this was not meant.
        let shape = if (0.25..=4.0).contains(&shape) { shape } else { 1.0 };
        let width = (f64::from(self.width) * shape).round() as u32;
        match self.rotation.rem_euclid(180) {
            90 => (self.height, width),
            _ => (width, self.height),
        }
    }
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
    let is_picture = |stream: &&Stream| matches!(stream, Stream::Video(_));
    let picture = found.picture().ok_or(Reason::NoPicture)?;
    if found.streams.iter().filter(is_picture).count() > 1 {
        return Err(Reason::SeveralVideoStreams);
    }
    let sound = found.sound();
    let &Picture {
        width,
        height,
        frames_said,
        frames,
        ..
    } = picture;

    if !VIDEO_CODECS.contains(&picture.codec.as_str())
        || sound.is_some_and(|sound| !AUDIO_CODECS.contains(&sound.codec.as_str()))
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
    let duration_ms = i64::try_from(picture.duration_ms).unwrap_or(i64::MAX);
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
    let (width, height) = picture.shown();
    Ok(Facts {
        duration_ms,
        width: i32::try_from(width).unwrap_or(i32::MAX),
        height: i32::try_from(height).unwrap_or(i32::MAX),
        video_codec: picture.codec.clone(),
        audio_codec: sound
            .filter(|sound| sound.packets > 0)
            .map(|sound| sound.codec.clone()),
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
        Stream::Video(Picture {
            codec: "h264".to_owned(),
            width,
            height,
            frames,
            duration_ms,
            ..Picture::default()
        })
    }

    fn sound(codec: &str) -> Stream {
        Stream::Audio(Sound {
            codec: codec.to_owned(),
            ..Sound::default()
        })
    }

    fn judged(streams: impl IntoIterator<Item = Stream>) -> Result<Facts, Reason> {
        let found = Found {
            streams: streams.into_iter().collect(),
            ..Found::default()
        };
        judge(&found, LENGTH)
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
        let cut = Stream::Video(Picture {
            codec: "h264".to_owned(),
            width: 640,
            height: 480,
            frames_said: Some(334),
            frames: 300,
            duration_ms: 10_000,
            ..Picture::default()
        });
        assert_eq!(judged([cut]), Err(Reason::Damaged));
    }

    #[test]
    fn a_silent_video_is_one_and_a_turned_one_is_measured_as_it_is_shown() {
        let turned = Stream::Video(Picture {
            codec: "hevc".to_owned(),
            width: 1_920,
            height: 1_080,
            rotation: -90,
            frames_said: Some(300),
            frames: 300,
            duration_ms: 60_500,
            ..Picture::default()
        });
        let facts = judged([turned, Stream::Other]).unwrap();
        assert_eq!((facts.width, facts.height), (1_080, 1_920));
        assert_eq!((facts.video_codec.as_str(), facts.audio_codec), ("hevc", None));
    }
}
