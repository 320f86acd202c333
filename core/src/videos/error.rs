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
    #[error("this upload was accepted: what shows it can stop showing it")]
    Accepted,
    #[error("it was announced with {announced} bytes, and {sent} were sent: send it again, whole")]
    SizeDiffers { announced: u64, sent: String },
    #[error("it did not arrive whole: send it again")]
    CutOff,
    #[error(transparent)]
    Idempotency(#[from] Refused),
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}
