/// Why a video is refused, in the words of whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("this is no video that we know: send an MP4, MOV, MKV or WebM file")]
    NotAVideo,
    #[error("the file is damaged or was cut off: export the video again")]
    Damaged,
    #[error("there is no picture in it, only sound")]
    NoPicture,
    #[error("there are several videos in one file: send one")]
    SeveralVideoStreams,
    #[error("there are too many tracks in the file: export the video with one picture and one sound track")]
    TooManyStreams,
    #[error("the video is encoded in a way that we do not know: export it as H.264 with AAC sound")]
    CodecUnsupported,
    #[error("the picture has too many pixels: export it in 4K (4096 by 2176) or smaller")]
    TooManyPixels,
    #[error("the picture is too small to be seen: at least 64 pixels each way")]
    TooFewPixels,
    #[error("it has more than 120 pictures a second: export it with 60 or fewer")]
    TooManyFrames,
    #[error("the video is too short")]
    TooShort,
    #[error("the video is too long")]
    TooLong,
    #[error("it takes too much work to look into the file: export the video again, as MP4")]
    TooMuchWork,
    #[error("no video could be made of the file: it is damaged, export the video again")]
    Unplayable,
}

impl Reason {
    pub const ALL: [Self; 13] = [
        Self::NotAVideo,
        Self::Damaged,
        Self::NoPicture,
        Self::SeveralVideoStreams,
        Self::TooManyStreams,
        Self::CodecUnsupported,
        Self::TooManyPixels,
        Self::TooFewPixels,
        Self::TooManyFrames,
        Self::TooShort,
        Self::TooLong,
        Self::TooMuchWork,
        Self::Unplayable,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::NotAVideo => "not_a_video",
            Self::Damaged => "damaged",
            Self::NoPicture => "no_picture",
            Self::SeveralVideoStreams => "several_video_streams",
            Self::TooManyStreams => "too_many_streams",
            Self::CodecUnsupported => "codec_unsupported",
            Self::TooManyPixels => "too_many_pixels",
            Self::TooFewPixels => "too_few_pixels",
            Self::TooManyFrames => "too_many_frames",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::TooMuchWork => "too_much_work",
            Self::Unplayable => "unplayable",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// Why it cannot even be said what is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    NotAVideo,
    CodecUnsupported,
    TooManyPixels,
    /// More time, memory or text than looking may take.
    TooMuchWork,
}

impl From<Unreadable> for Reason {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NotAVideo => Self::NotAVideo,
            Unreadable::CodecUnsupported => Self::CodecUnsupported,
            Unreadable::TooManyPixels => Self::TooManyPixels,
            Unreadable::TooMuchWork => Self::TooMuchWork,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_from_its_code() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.code()), Some(reason));
        }
        assert_eq!(Reason::parse("ugly"), None);
    }
}
