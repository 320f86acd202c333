//! Objects on their way into the store.

use anyhow::Context as _;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions, PutPayload, WriteMultipart};

use super::{Files, path};
use crate::platform::files::Key;

/// What is put in one request, and what larger objects are put in. S3 takes no smaller parts.
const PART_BYTES: usize = 5 << 20;
/// Parts of one object that are under way at once.
const PARTS_AT_ONCE: usize = 2;

/// Why an object was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("it has more than {most} bytes")]
    TooLarge { most: u64 },
    #[error("it has {sent} bytes, and not {announced}")]
    TooSmall { announced: u64, sent: u64 },
    /// Whoever sent it stopped, or the connection broke.
    #[error("it did not arrive whole: {0}")]
    Body(anyhow::Error),
    /// There is one already, which stays as it is.
    #[error("it is there already")]
    Exists,
    /// The store did not take it: another try may do better.
    #[error("the store did not take it")]
    Store(#[source] anyhow::Error),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

/// What to do with what had arrived when a line is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::platform::files) enum WhenCut {
    Remove,
    Keep,
}

/// How much was put, and why not more came.
pub(in crate::platform::files) struct Put {
    pub(in crate::platform::files) size_bytes: u64,
    pub(in crate::platform::files) cut: Option<anyhow::Error>,
}

impl Files {
    /// Never replaces an object. Of what was cut before its first byte nothing is put.
    pub(in crate::platform::files) async fn put<E: Into<anyhow::Error>>(
        &self,
        key: &Key,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        most: u64,
        when_cut: WhenCut,
    ) -> Result<Put, PutError> {
        self.write(path(key), body, most, when_cut).await
    }

    /// Puts an object whose name was given out: there is none afterwards, or one of exactly so many bytes. Of two at
    /// once one is put.
    pub(in crate::platform::files) async fn put_once<E: Into<anyhow::Error>>(
        &self,
        key: &Key,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        announced: u64,
    ) -> Result<(), PutError> {
        let is_there = self.find(key).await.map_err(PutError::Store)?.is_some();
        if is_there {
            return Err(PutError::Exists);
        }
        let aside = Path::from(format!("{ASIDE}/{}", uuid::Uuid::now_v7()));
        let put = self
            .write(aside.clone(), body, announced, WhenCut::Remove)
            .await?;
        let moved = match put.size_bytes {
            sent if sent < announced => Err(PutError::TooSmall { announced, sent }),
            _ => match self.store.rename_if_not_exists(&aside, &path(key)).await {
                Ok(()) => return Ok(()),
                Err(object_store::Error::AlreadyExists { .. }) => Err(PutError::Exists),
                Err(error) => Err(PutError::Store(error.into())),
            },
        };
        if let Err(left) = self.store.delete(&aside).await {
            tracing::warn!(error = %left, "{aside} is left in the store");
        }
        moved
    }

    async fn write<E: Into<anyhow::Error>>(
        &self,
        path: Path,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        most: u64,
        when_cut: WhenCut,
    ) -> Result<Put, PutError> {
        let mut body = std::pin::pin!(body);
        let (mut size_bytes, mut cut) = (0_u64, None);
        let mut object = Writing::new(self, path);
        let arrived = async {
            while let Some(bytes) = body.next().await {
                let bytes = match bytes {
                    Ok(bytes) => bytes,
                    Err(error) if when_cut == WhenCut::Keep => {
                        cut = Some(error.into());
                        break;
                    }
                    Err(error) => return Err(PutError::Body(error.into())),
                };
                size_bytes += bytes.len() as u64;
                if size_bytes > most {
                    return Err(PutError::TooLarge { most });
                }
                object.add(bytes).await.map_err(PutError::Store)?;
            }
            Ok(())
        };
        match arrived.await {
            Ok(()) if size_bytes == 0 && cut.is_some() => {}
            Ok(()) => object.finish().await.map_err(PutError::Store)?,
            Err(error) => {
                object.abort().await;
                return Err(error);
            }
        }
        Ok(Put { size_bytes, cut })
    }

    /// In parts there is no putting only what is not there; but keys are made once, so to look before is enough.
    async fn begin(&self, path: &Path) -> anyhow::Result<Box<dyn object_store::MultipartUpload>> {
        match self.store.head(path).await {
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error).context("looking whether it is there"),
            Ok(_) => anyhow::bail!("{path} is there already"),
        }
        let begun = self.store.put_multipart(path).await;
        begun.context("beginning an upload")
    }

    pub(super) async fn put_whole(&self, path: &Path, bytes: Vec<u8>) -> anyhow::Result<()> {
        let options = PutOptions::from(PutMode::Create);
        let put = self.store.put_opts(path, PutPayload::from(bytes), options);
        put.await.with_context(|| format!("putting {path}"))?;
        Ok(())
    }
}

/// Where objects lie until they are whole, in a folder.
pub(super) const ASIDE: &str = "aside";

/// One object. Small ones are put in one request, larger ones in parts.
struct Writing<'files> {
    files: &'files Files,
    path: Path,
    first: Vec<u8>,
    parts: Option<WriteMultipart>,
}

impl<'files> Writing<'files> {
    fn new(files: &'files Files, path: Path) -> Self {
        Self {
            files,
            path,
            first: Vec::new(),
            parts: None,
        }
    }

    async fn add(&mut self, bytes: Bytes) -> anyhow::Result<()> {
        if let Some(parts) = &mut self.parts {
            let free = parts.wait_for_capacity(PARTS_AT_ONCE).await;
            free.context("putting a part")?;
            parts.put(bytes);
            return Ok(());
        }
        self.first.extend_from_slice(&bytes);
        if self.first.len() >= PART_BYTES {
            let parts = self.files.begin(&self.path).await?;
            let mut parts = WriteMultipart::new_with_chunk_size(parts, PART_BYTES);
            parts.put(std::mem::take(&mut self.first).into());
            self.parts = Some(parts);
        }
        Ok(())
    }

    /// Leaves nothing when it fails.
    async fn finish(self) -> anyhow::Result<()> {
        match self.parts {
            None => self.files.put_whole(&self.path, self.first).await,
            Some(parts) => parts.finish().await.context("putting the last part").map(drop),
        }
    }

    async fn abort(self) {
        let aborted = match self.parts {
            Some(parts) => parts.abort().await,
            None => Ok(()),
        };
        if let Err(left) = aborted {
            tracing::warn!(error = %left, "parts of {} may be left in the store", self.path);
        }
    }
}
