mod leftovers;
mod link;
mod measured;
mod put;
mod s3;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, RetryConfig};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

pub use link::PutLink;
pub use put::PutError;
pub(super) use put::WhenCut;

use self::measured::Measured;
use self::s3::S3;
use super::Key;
use super::links::Links;
use crate::config::{Config, Storage};

/// Whoever sends us a file waits meanwhile; by itself the library goes on for minutes.
const RETRY: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(2),
        base: 2.,
    },
    max_retries: 3,
    retry_timeout: Duration::from_secs(10),
};

/// What is read by one request. The store's library gives each half a minute: of a store that trickles the job is given up,
/// and tried again later, and still an object of any size can be read.
const ASKED_AT_ONCE: u64 = 16 << 20;

/// The object store, a folder or S3.
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// S3 answers browsers itself; a folder does not.
    s3: Option<S3>,
    links: Links,
    /// Where, when it is a folder.
    folder: Option<PathBuf>,
    place: String,
}

/// An object that is there.
pub struct Object {
    store: Arc<dyn ObjectStore>,
    path: Path,
    pub size_bytes: u64,
}

impl Files {
    /// With the account of AWS that the environment names. Talks to nobody yet.
    ///
    /// # Errors
    /// A folder that cannot be, or settings of AWS that make no sense.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Self::with_account(config, AmazonS3Builder::from_env())
    }

    /// With an account of one's own: what tests do.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_account(config: &Config, account: AmazonS3Builder) -> anyhow::Result<Self> {
        let links = Links::new(&config.base_url, &config.data_keys);
        match &config.storage {
            Storage::Folder(folder) => {
                let root = Path::from_absolute_path(std::path::absolute(folder)?)?;
                // Folders are made as objects come: whoever only reads the database makes none.
                let disk = LocalFileSystem::new().with_fsync(true);
                Ok(Self {
                    store: Arc::new(Measured::new(PrefixStore::new(disk, root))),
                    s3: None,
                    links,
                    folder: Some(folder.clone()),
                    place: folder.display().to_string(),
                })
            }
            Storage::S3 { bucket, prefix } => {
                // reqwest is built without one; whoever else wants it may have been first.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let account = account.with_bucket_name(bucket).with_retry(RETRY);
                let region = account.get_config_value(&AmazonS3ConfigKey::Region);
                let s3 = Arc::new(account.build().context("STORAGE_URL names S3")?);
                Ok(Self {
                    store: Arc::new(Measured::new(PrefixStore::new(s3.clone(), prefix.as_str()))),
                    s3: Some(S3::new(s3, region, prefix)),
                    links,
                    folder: None,
                    place: format!("s3://{bucket}/{prefix}"),
                })
            }
        }
    }

    /// `None`: it is not there.
    pub async fn find(&self, key: &Key) -> anyhow::Result<Option<Object>> {
        let path = path(key);
        match self.store.head(&path).await {
            Ok(meta) => Ok(Some(Object {
                store: Arc::clone(&self.store),
                path,
                size_bytes: meta.size,
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("looking for {key}")),
        }
    }

    /// Writes the object where the file is at, and returns its size.
    pub async fn append(&self, key: &Key, file: &mut File) -> anyhow::Result<u64> {
        let object = self.find(key).await?.with_context(|| format!("{key} is gone"))?;
        let mut at = 0;
        while at < object.size_bytes {
            let end = (at + ASKED_AT_ONCE).min(object.size_bytes);
            let mut bytes = object.stream(at..end).await?;
            while let Some(bytes) = bytes.try_next().await? {
                file.write_all(&bytes).await?;
                at += bytes.len() as u64;
            }
            anyhow::ensure!(at == end, "{key} ends at {at} bytes");
        }
        Ok(at)
    }

    /// What is not there needs no removing.
    pub(super) async fn remove(&self, key: &Key) -> anyhow::Result<()> {
        match self.store.delete(&path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("removing {key}")),
        }
    }

    /// Whether objects can be put, read and removed.
    pub async fn check(&self) -> anyhow::Result<String> {
        let path = Path::from(format!("doctor/{}", uuid::Uuid::now_v7()));
        self.put_whole(&path, b"?".to_vec()).await?;
        let read = self.store.get(&path).await?.bytes().await?;
        self.store.delete(&path).await?;
        anyhow::ensure!(read.as_ref() == b"?", "what was put is not what is read");
        Ok(format!("{} takes, gives and removes objects", self.place))
    }
}

impl Object {
    pub async fn stream(
        &self,
        range: Range<u64>,
    ) -> anyhow::Result<BoxStream<'static, anyhow::Result<Bytes>>> {
        if range.is_empty() {
            return Ok(futures::stream::empty().boxed());
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&self.path, options).await;
        let found = found.with_context(|| format!("reading {}", self.path))?;
        Ok(found.into_stream().map_err(Into::into).boxed())
    }
}

fn path(key: &Key) -> Path {
    Path::from(key.as_str())
}
