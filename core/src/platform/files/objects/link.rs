//! Links to objects, for whoever has them.

use std::time::Duration;

use time::OffsetDateTime;

use super::Files;
use crate::platform::files::links::PUT_VALID;
use crate::platform::files::{Key, LinkFault};

/// How long a browser that was sent to S3 may take to go there.
const PRESIGNED: Duration = Duration::from_secs(300);

/// By which one object can be put, once, by whoever has it.
#[derive(Clone, Debug)]
pub struct PutLink {
    pub url: String,
    /// What the request must have, exactly.
    pub headers: Vec<(&'static str, String)>,
    pub expires_at: OffsetDateTime,
}

impl Files {
    /// A link that lets whoever has it read the object, for an hour or two: our own address, whichever the store is.
    /// Those to S3 are then sent on to S3.
    pub fn link(&self, key: &Key, now: OffsetDateTime) -> String {
        self.links.link(key, None, now)
    }

    /// The same, for saving the object under a name, which says its type at its end.
    pub fn link_to_save(&self, key: &Key, name: &str, now: OffsetDateTime) -> String {
        self.links.link(key, Some(name), now)
    }

    pub(in crate::platform::files) fn check_link(
        &self,
        key: &Key,
        name: Option<&str>,
        expires: i64,
        signature: &str,
        now: OffsetDateTime,
    ) -> Result<(), LinkFault> {
        self.links.check(key, name, expires, signature, now)
    }

    /// Where the store answers for itself; `None`: it does not, [`find`](Self::find) it.
    pub(in crate::platform::files) async fn presigned(
        &self,
        key: &Key,
        disposition: &str,
    ) -> anyhow::Result<Option<String>> {
        let query = [
            ("response-content-type", key.kind().mime()),
            ("response-content-disposition", disposition),
            ("response-cache-control", "private, max-age=3600"),
        ];
        match &self.s3 {
            Some(s3) => Ok(Some(s3.link_to_read(key, &query, PRESIGNED).await?)),
            None => Ok(None),
        }
    }

    /// A link that lets whoever has it put the object, for an hour: of exactly this type and so many bytes, and only if
    /// there is none. To S3 itself; or to us where the store is a folder.
    ///
    /// # Errors
    /// There is no account to sign with.
    pub async fn put_link(&self, key: &Key, size_bytes: u64, now: OffsetDateTime) -> anyhow::Result<PutLink> {
        let headers = vec![
            ("content-type", key.kind().mime().to_owned()),
            ("content-length", size_bytes.to_string()),
            // With this S3 refuses to replace an object, as we do by ourselves.
            ("if-none-match", "*".to_owned()),
        ];
        let url = match &self.s3 {
            Some(s3) => s3.link_to_put(key, &headers, PUT_VALID.unsigned_abs()).await?,
            None => self.links.put_link(key, size_bytes, now),
        };
        Ok(PutLink {
            url,
            headers,
            expires_at: now + PUT_VALID,
        })
    }

    /// Whether a link of ours lets somebody put so many bytes here. Never where the store answers for itself.
    pub(in crate::platform::files) fn check_put_link(
        &self,
        key: &Key,
        (expires, size_bytes, mime): (i64, u64, &str),
        signature: &str,
        now: OffsetDateTime,
    ) -> Result<(), LinkFault> {
        if self.s3.is_some() {
            return Err(LinkFault::Invalid);
        }
        let bound = (expires, size_bytes, mime);
        self.links.check_put(key, bound, signature, now)
    }
}
