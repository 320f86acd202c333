//! What lets whoever has it see a private video: a signature over its id and until when. It is in the links that a
//! customer shares.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::platform::files::LinkFault;
use crate::platform::sealed;

/// For at least so long after it was given out. It ends at midnight, so that for a day everybody is given the same.
const VALID: Duration = Duration::days(30);

/// In the query of every address of a private video.
#[derive(Clone, Debug, serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    /// Until when a link to a private video works, in seconds since 1970
    #[param(example = 1_782_914_400)]
    expires: Option<i64>,
    #[param(example = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")]
    signature: Option<String>,
}

impl Pass {
    /// Lets see this video.
    pub fn of(app: &App, video: Uuid) -> Self {
        let day = Duration::DAY.whole_seconds();
        let expires = ((app.now() + VALID).unix_timestamp().div_euclid(day) + 1) * day;
        Self {
            expires: Some(expires),
            signature: signatures(app, video, expires).next(),
        }
    }

    /// As it is appended to an address: with its `?`, or nothing.
    pub fn query(&self) -> String {
        match (self.expires, &self.signature) {
            (Some(expires), Some(signature)) => format!("?expires={expires}&signature={signature}"),
            _ => String::new(),
        }
    }

    /// # Errors
    /// It is none, it is another video's, or its time is over.
    pub(super) fn check(&self, app: &App, video: Uuid) -> Result<(), LinkFault> {
        let (Some(expires), Some(signature)) = (self.expires, &self.signature) else {
            return Err(LinkFault::Invalid);
        };
        let is_ours = signatures(app, video, expires).fold(false, |found, ours| {
            found | bool::from(ours.as_bytes().ct_eq(signature.as_bytes()))
        });
        let now: OffsetDateTime = app.now();
        match is_ours {
            false => Err(LinkFault::Invalid),
            true if expires <= now.unix_timestamp() => Err(LinkFault::Expired),
            true => Ok(()),
        }
    }
}

/// Under each of our keys; the first signs.
fn signatures(app: &App, video: Uuid, expires: i64) -> impl Iterator<Item = String> {
    let message = format!("{video}\n{expires}");
    let hashes = sealed::hashes(
        &app.config.data_keys,
        "links to private videos",
        message.as_bytes(),
    );
    hashes.into_iter().map(|hash| BASE64_URL_SAFE_NO_PAD.encode(hash))
}
