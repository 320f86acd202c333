use time::OffsetDateTime;
use uuid::Uuid;

use super::commands::LinkFault;
use super::domain::Weak;
use super::picture::PictureFault;
use crate::access::Forbidden;
use crate::platform::throttle::Throttled;

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a key's name has 1 to 100 characters")]
    KeyName,
    #[error("a person's name has 1 to 100 characters, and no line breaks or links")]
    Name,
    #[error("a key expires in the future")]
    Expiry,
    #[error("a key expires no later than the one that makes it: set `expires_at` to {0} or earlier")]
    OutlivesMaker(OffsetDateTime),
    #[error("brands are named, or left out for all of them: an empty list grants nothing")]
    NoBrands,
    #[error("`{0}` is no code of a brand: small letters, digits and `-`, at most 40")]
    NotACode(String),
    #[error("`{0}` is no e-mail address")]
    NotAnEmail(String),
    #[error("somebody else has this e-mail address")]
    EmailTaken,
    #[error("nobody suspends themselves or changes their own grants: ask somebody else")]
    Oneself,
    #[error("this is the address you have")]
    SameEmail,
    #[error(transparent)]
    Weak(#[from] Weak),
    #[error("the e-mail address or the password is not right")]
    Credentials,
    #[error("the present password is not right")]
    WrongPassword,
    #[error("a code of the second factor is needed, too: send it as `code`")]
    CodeNeeded,
    #[error("this code is not right, or was used: wait for the next")]
    WrongCode,
    #[error("there is a second factor already: remove it first")]
    HasSecondFactor,
    #[error("there is no second factor")]
    NoSecondFactor,
    #[error("this account is suspended: write to us")]
    Suspended,
    #[error(transparent)]
    Link(#[from] LinkFault),
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Picture(#[from] PictureFault),
    #[error("there is no such person")]
    NoPerson,
    #[error("members of the staff are not erased: what they did must stay known")]
    StaffMember,
    #[error("there is no such session")]
    NoSession,
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("there is no such key")]
    Unknown,
    #[error("there is no such member of the staff")]
    NoStaff,
    #[error("this member of the staff is no longer what you have seen: look at them again")]
    StaffChanged,
    #[error("there is no member of the staff {0} to own the key")]
    NoOwner(Uuid),
    #[error("the key's owner is suspended: reactivate them first")]
    OwnerSuspended,
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}
