use super::{Found, Plan, Size, Stream};

/// How much longer or shorter than the video something made of it may be: a last picture, or a piece of sound.
const TOLERATED_MS: u64 = 500;
/// What ffmpeg says of each stream and container, whatever the source said.
const OUR_TAGS: [&str; 8] = [
    "language",
    "handler_name",
    "vendor_id",
    "major_brand",
    "minor_version",
    "compatible_brands",
    "encoder",
    "duration",
];

/// Something that was made, and what it must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    pub size: Size,
    pub duration_ms: u64,
    pub sound: bool,
}

/// What was made is not what should have been.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Flaw {
    #[error("its streams are not a picture and its sound")]
    Streams,
    #[error("it is {0} in {1}, not H.264 in yuv420p with AAC")]
    Codec(String, String),
    #[error("it has {0} by {1} pixels, turned by {2}, not {width} by {height}", width = .3.width, height = .3.height)]
    Size(u32, u32, i32, Size),
    #[error("it takes {seen} ms, not {expected}")]
    Duration { seen: u64, expected: u64 },
    #[error("it says `{0}` about itself")]
    Tag(String),
    #[error("its index is not at its beginning")]
    Slow,
    #[error("its playlist is not one of all of it")]
    Playlist,
    #[error("it is no whole JPEG")]
    Poster,
}

/// Whether something that was made is what it must be. What was made is believed as little as what was sent.
pub fn prove(found: &Found, expected: &Expected) -> Result<(), Flaw> {
    let (Some(picture), sound) = (found.picture(), found.sound()) else {
        return Err(Flaw::Streams);
    };
    let is_other = |stream: &Stream| matches!(stream, Stream::Other);
    let streams = 1 + usize::from(expected.sound);
    if sound.is_some() != expected.sound
        || found.streams.len() != streams
        || found.streams.iter().any(is_other)
    {
        return Err(Flaw::Streams);
    }
    let right = picture.codec == "h264" && picture.pixel_format == "yuv420p";
    if !right || sound.is_some_and(|sound| sound.codec != "aac") {
        return Err(Flaw::Codec(picture.codec.clone(), picture.pixel_format.clone()));
    }
    if (picture.width, picture.height) != (expected.size.width, expected.size.height) || picture.rotation != 0
    {
        let (width, height) = (picture.width, picture.height);
        return Err(Flaw::Size(width, height, picture.rotation, expected.size));
    }
    let differs = picture.duration_ms.abs_diff(expected.duration_ms);
    if differs > TOLERATED_MS.max(expected.duration_ms / 50) || picture.frames == 0 {
        return Err(Flaw::Duration {
            seen: picture.duration_ms,
            expected: expected.duration_ms,
        });
    }
    let foreign = found.tags.iter().find(|tag| !OUR_TAGS.contains(&tag.as_str()));
    foreign.map_or(Ok(()), |tag| Err(Flaw::Tag(tag.clone())))
}

impl Plan {
    /// What is shown must be, and each stream in its size.
    pub fn expected(&self, size: Size) -> Expected {
        Expected {
            size,
            duration_ms: self.duration_ms,
            sound: self.sound,
        }
    }

    pub fn expected_preview(&self) -> Expected {
        Expected {
            size: self.preview,
            duration_ms: self.preview_ms().1,
            sound: false,
        }
    }
}

/// Whether an MP4 can be played while it is still being loaded, from its first boxes: the index (`moov`) comes before
/// what it is an index of (`mdat`).
pub fn begins_with_index(mut head: &[u8]) -> bool {
    while let Some((size, rest)) = head.split_first_chunk::<4>() {
        match rest.get(..4) {
            Some(b"moov") => return true,
            Some(b"mdat") | None => return false,
            Some(_) => {}
        }
        // 0: to the end. 1: said elsewhere. Neither is written before an index.
        let size = u32::from_be_bytes(*size) as usize;
        match head.get(size..) {
            Some(next) if size >= 8 => head = next,
            _ => return false,
        }
    }
    false
}

/// Whether it has both ends of a JPEG.
pub(in crate::videos) fn is_whole_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff]) && bytes.ends_with(&[0xff, 0xd9])
}

#[cfg(test)]
mod tests {
    use super::super::{Picture, Sound};
    use super::*;

    fn made() -> Found {
        let picture = Picture {
            codec: "h264".to_owned(),
            pixel_format: "yuv420p".to_owned(),
            width: 640,
            height: 360,
            frames: 250,
            duration_ms: 10_040,
            ..Picture::default()
        };
        let sound = Sound {
            codec: "aac".to_owned(),
            ..Sound::default()
        };
        Found {
            streams: vec![Stream::Video(picture), Stream::Audio(sound)],
            tags: vec!["major_brand".to_owned(), "handler_name".to_owned()],
        }
    }

    const EXPECTED: Expected = Expected {
        size: Size {
            width: 640,
            height: 360,
        },
        duration_ms: 10_000,
        sound: true,
    };

    fn with(change: impl FnOnce(&mut Picture)) -> Result<(), Flaw> {
        let mut found = made();
        if let Some(Stream::Video(picture)) = found.streams.first_mut() {
            change(picture);
        }
        prove(&found, &EXPECTED)
    }

    #[test]
    fn what_was_made_must_be_what_it_should() {
        assert_eq!(prove(&made(), &EXPECTED), Ok(()));
        assert_eq!(prove(&Found::default(), &EXPECTED), Err(Flaw::Streams));
        let silent = Expected {
            sound: false,
            ..EXPECTED
        };
        assert_eq!(prove(&made(), &silent), Err(Flaw::Streams));
        assert!(matches!(
            with(|picture| picture.codec = "hevc".to_owned()),
            Err(Flaw::Codec(..))
        ));
        assert!(matches!(with(|picture| picture.width = 638), Err(Flaw::Size(..))));
        assert!(matches!(
            with(|picture| picture.rotation = 90),
            Err(Flaw::Size(..))
        ));
        assert!(matches!(
            with(|picture| picture.duration_ms = 9_499),
            Err(Flaw::Duration { .. })
        ));
        let mut tagged = made();
        tagged.tags.push("location".to_owned());
        assert_eq!(prove(&tagged, &EXPECTED), Err(Flaw::Tag("location".to_owned())));
    }

    #[test]
    fn an_index_comes_before_what_it_is_of() {
        let boxes = |names: &[&[u8; 4]]| {
            let one = |name: &&[u8; 4]| [&12_u32.to_be_bytes()[..], *name, &[0; 4]].concat();
            names.iter().flat_map(one).collect::<Vec<u8>>()
        };
        assert!(begins_with_index(&boxes(&[b"ftyp", b"free", b"moov", b"mdat"])));
        assert!(!begins_with_index(&boxes(&[b"ftyp", b"mdat", b"moov"])));
        for nonsense in [&b""[..], b"\0\0\0", b"\0\0\0\0ftyp", b"\xff\xff\xff\xffftyp"] {
            assert!(!begins_with_index(nonsense));
        }
    }
}
