use std::path::PathBuf;

use url::Url;

use super::defaults::Defaults;
use super::{ConfigError, LOCAL};

const LOCAL_FOLDER: &str = ".local/files";

/// Where pictures and videos are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// On a developer's machine only: other processes would not see it.
    Folder(PathBuf),
    /// With the region, credentials and endpoint of `AWS_…` or of the machine.
    S3 {
        bucket: String,
        /// Without slashes at its ends; may be empty.
        prefix: String,
    },
}

pub(super) fn parse_storage(defaults: &Defaults<'_>, given: Option<String>) -> Result<Storage, ConfigError> {
    const NAME: &str = "STORAGE_URL";
    let local = defaults.env == LOCAL;
    let Some(given) = given.filter(|given| !given.trim().is_empty()) else {
        return if local {
            defaults.assume(NAME, LOCAL_FOLDER);
            Ok(Storage::Folder(LOCAL_FOLDER.into()))
        } else {
            let remedy = "give the bucket that keeps pictures and videos, s3://bucket/prefix";
            Err(ConfigError::Missing(NAME, remedy))
        };
    };
    let invalid = |detail: &str| ConfigError::Invalid(NAME, detail.to_owned());
    let url = Url::parse(given.trim()).map_err(|error| invalid(&error.to_string()))?;
    match url.scheme() {
        "file" if !local => Err(invalid(
            "a folder is for MARQUEE_ENV=local, since other processes do not see it: give s3://bucket/prefix",
        )),
        "file" => {
            let folder = url.to_file_path();
            let folder = folder.map_err(|()| invalid("it names no folder: file:///srv/files"))?;
            Ok(Storage::Folder(folder))
        }
        "s3" => {
            let bucket = url.host_str().filter(|host| !host.is_empty());
            let bucket = bucket.ok_or_else(|| invalid("it names no bucket: s3://bucket/prefix"))?;
            if url.query().is_some() || !url.username().is_empty() {
                return Err(invalid("it holds more than a bucket and a prefix"));
            }
            Ok(Storage::S3 {
                bucket: bucket.to_owned(),
                prefix: url.path().trim_matches('/').to_owned(),
            })
        }
        _ => Err(invalid("begin it with s3:// or file://")),
    }
}
