use std::io::SeekFrom;
use std::ops::Range;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::signer::{Method, SignedUrlOptions, Signer};
use object_store::{
    BackoffConfig, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload,
    RetryConfig, WriteMultipart,
};
use time::OffsetDateTime;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::links::Links;
use super::{Key, LinkFault};
use crate::config::{Config, Storage};

/// What is put in one request, and what larger objects are put in. S3 takes no smaller parts.
const PART_BYTES: usize = 5 << 20;
/// Parts of one object that are under way at once.
const PARTS_AT_ONCE: usize = 2;
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
/// How long a browser that was sent to S3 may take to go there.
const PRESIGNED: Duration = Duration::from_secs(300);

/// The object store, a folder or S3.
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// S3 answers browsers itself; a folder does not.
    signer: Option<(Arc<dyn Signer>, String)>,
    links: Links,
    place: String,
}

/// Why an object was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("it has more than {most} bytes")]
    TooLarge { most: u64 },
    /// Whoever sent it stopped, or the connection broke.
    #[error("it did not arrive whole: {0}")]
    Body(anyhow::Error),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
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
                    store: Arc::new(PrefixStore::new(disk, root)),
                    signer: None,
                    links,
                    place: folder.display().to_string(),
                })
            }
            Storage::S3 { bucket, prefix } => {
                // reqwest is built without one; whoever else wants it may have been first.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let s3 = account.with_bucket_name(bucket).with_retry(RETRY).build();
                let s3 = Arc::new(s3.context("STORAGE_URL names S3")?);
                Ok(Self {
                    store: Arc::new(PrefixStore::new(s3.clone(), prefix.as_str())),
                    signer: Some((s3, prefix.clone())),
                    links,
                    place: format!("s3://{bucket}/{prefix}"),
                })
            }
        }
    }

    /// Never replaces an object.
    pub(super) async fn put<E: Into<anyhow::Error>>(
        &self,
        key: &Key,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        most: u64,
    ) -> Result<u64, PutError> {
        let mut body = std::pin::pin!(body);
        let (path, mut size) = (path(key), 0_u64);
        let mut first = Vec::new();
        let mut upload: Option<WriteMultipart> = None;
        let arrived = async {
            while let Some(bytes) = body.next().await {
                let bytes = bytes.map_err(|error| PutError::Body(error.into()))?;
                size += bytes.len() as u64;
                if size > most {
                    return Err(PutError::TooLarge { most });
                }
                match &mut upload {
                    Some(upload) => {
                        upload
                            .wait_for_capacity(PARTS_AT_ONCE)
                            .await
                            .context("putting a part")?;
                        upload.put(bytes);
                    }
                    None => first.extend_from_slice(&bytes),
                }
                if upload.is_none() && first.len() >= PART_BYTES {
                    let parts = self.multipart(&path).await?;
                    let mut parts = WriteMultipart::new_with_chunk_size(parts, PART_BYTES);
                    parts.put(std::mem::take(&mut first).into());
                    upload = Some(parts);
                }
            }
            Ok(())
        };
        match (arrived.await, upload) {
            (Ok(()), None) => self.put_whole(&path, first).await?,
            (Ok(()), Some(upload)) => {
                upload.finish().await.context("putting the last part")?;
            }
            (Err(error), None) => return Err(error),
            (Err(error), Some(upload)) => {
                if let Err(left) = upload.abort().await {
                    tracing::warn!(error = %left, "parts of {key} may be left in the store");
                }
                return Err(error);
            }
        }
        Ok(size)
    }

    async fn put_whole(&self, path: &Path, bytes: Vec<u8>) -> anyhow::Result<()> {
        let options = PutOptions::from(PutMode::Create);
        let put = self.store.put_opts(path, PutPayload::from(bytes), options);
        put.await.with_context(|| format!("putting {path}"))?;
        Ok(())
    }

    /// In parts there is no putting only what is not there; but keys are made once, so to look before is enough.
    async fn multipart(&self, path: &Path) -> anyhow::Result<Box<dyn object_store::MultipartUpload>> {
        match self.store.head(path).await {
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error).context("looking whether it is there"),
            Ok(_) => anyhow::bail!("{path} is there already"),
        }
        self.store
            .put_multipart(path)
            .await
            .context("beginning an upload")
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

    /// Copies the object into a file that is not there yet.
    pub async fn download(&self, key: &Key, to: &FilePath) -> anyhow::Result<u64> {
        let object = self.find(key).await?.with_context(|| format!("{key} is gone"))?;
        let mut file = tokio::fs::File::create_new(to).await?;
        let mut bytes = object.stream(0..object.size_bytes).await?;
        while let Some(bytes) = bytes.try_next().await? {
            file.write_all(&bytes).await?;
        }
        file.flush().await?;
        Ok(file.seek(SeekFrom::End(0)).await?)
    }

    /// What is not there needs no removing.
    pub(super) async fn remove(&self, key: &Key) -> anyhow::Result<()> {
        match self.store.delete(&path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("removing {key}")),
        }
    }

    /// A link that lets whoever has it read the object, for an hour or two: our own address, whichever the store is.
    /// Those to S3 are then sent on to S3.
    pub fn link(&self, key: &Key, now: OffsetDateTime) -> String {
        self.links.link(key, now)
    }

    pub(super) fn check_link(
        &self,
        key: &Key,
        expires: i64,
        signature: &str,
        now: OffsetDateTime,
    ) -> Result<(), LinkFault> {
        self.links.check(key, expires, signature, now)
    }

    /// Where the store answers for itself; `None`: it does not, [`find`](Self::find) it.
    pub(super) async fn presigned(&self, key: &Key, disposition: &str) -> anyhow::Result<Option<String>> {
        let Some((signer, prefix)) = &self.signer else {
            return Ok(None);
        };
        let path = Path::from_iter(prefix.split('/').chain(key.as_str().split('/')));
        let options = SignedUrlOptions::new().with_query([
            ("response-content-type", key.kind().mime()),
            ("response-content-disposition", disposition),
            ("response-cache-control", "private, max-age=3600"),
        ]);
        let url = signer
            .signed_url_opts(Method::GET, &path, PRESIGNED, &options)
            .await;
        Ok(Some(url.context("signing a link")?.into()))
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
