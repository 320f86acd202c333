use crate::platform::files::{LinkFault, PutError};
use crate::platform::idempotency::Refused;
use crate::platform::throttle::Throttled;

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a video for this has 1 to {most} bytes")]
    Size { most: u64 },
    #[error("`type` is the media type of the file, such as video/mp4")]
    Type,
    #[error("there is no such upload")]
    Unknown,
    #[error("this upload is {0}: open another")]
    NotOpen(&'static str),
    #[error("{0} uploads are open: send or abort one of them first")]
    TooManyOpen(i64),
    #[error("this upload was accepted: what shows it can stop showing it")]
    Accepted,
    #[error("this upload was received for somebody who counts on it: it is looked into now")]
    Received,
    #[error("it was announced with {announced} bytes, and {sent} were sent: send it again, whole")]
    SizeDiffers { announced: u64, sent: String },
    #[error("it did not arrive whole: send it again")]
    CutOff,
    #[error("it could not be stored: send it again")]
    Storage(#[source] anyhow::Error),
    #[error("this upload was begun in another way: go on in that way, or abort it and open another")]
    Begun,
    /// In pieces, one after another.
    #[error("{at} bytes are there: go on from there")]
    Offset { at: u64 },
    #[error("what arrived is not what the checksum is of: send it again")]
    Checksum,
    #[error("an upload has at most 1000 parts: abort it, and send larger ones")]
    TooManyParts,
    /// Why parts cannot be as they were announced.
    #[error("{0}")]
    Parts(&'static str),
    /// Which parts are not there of those that were announced, and how many bytes were not announced.
    #[error("not all of it is there: send the parts that are missing")]
    PartsMissing { missing: Vec<i32>, unannounced: u64 },
    #[error(
        "parts have other sizes than was announced, and were removed: ask for links again, and send them"
    )]
    PartsDiffer { numbers: Vec<i32> },
    #[error("there is no such video")]
    UnknownVideo,
    #[error("it cannot be streamed, or not in this height: play its MP4")]
    NoStream,
    #[error("this video was taken down")]
    TakenDown,
    #[error("nothing that can be played was made of it")]
    NotPlayable,
    #[error(
        "nothing that can be played is there to make it of: while it is made for the first time see its job"
    )]
    NothingToRemake,
    #[error("say why, in 1 to {most} characters")]
    Reason { most: usize },
    #[error(transparent)]
    Link(#[from] LinkFault),
    #[error(transparent)]
    Idempotency(#[from] Refused),
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl Error {
    /// Why something of an upload with so many bytes was not put.
    pub(super) fn put(error: PutError, announced: u64) -> Self {
        let sent = match error {
            PutError::TooLarge { .. } => "more".to_owned(),
            PutError::TooSmall { sent, .. } => sent.to_string(),
            PutError::Body(_) => return Self::CutOff,
            PutError::Store(cause) => return Self::Storage(cause),
            PutError::Exists => return Self::Unexpected(anyhow::anyhow!("a key was made twice")),
            PutError::Unexpected(cause) => return Self::Unexpected(cause),
        };
        Self::SizeDiffers { announced, sent }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}
