//! Every call of the store, measured: how long it took and how it ended, whichever the store is.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
    UploadPart,
};

use crate::platform::telemetry;

/// A store whose calls are seen in `marquee_call_seconds`. Of what is read it is the time until the first byte: the
/// rest is up to whoever reads.
#[derive(Debug)]
pub(super) struct Measured(Arc<dyn ObjectStore>);

impl Measured {
    pub(super) fn new(store: impl ObjectStore) -> Self {
        Self(Arc::new(store))
    }
}

async fn measured<T>(call: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
    telemetry::call("files", call, work, |ended| match ended {
        Ok(_) => "ok",
        Err(Error::NotFound { .. }) => "absent",
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. }) => {
            "refused"
        }
        Err(_) => "failed",
    })
    .await
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for Measured {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        measured("put", self.0.put_opts(path, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let begun = measured("begin", self.0.put_multipart_opts(path, options)).await?;
        Ok(Box::new(Parts(begun)))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let call = if options.head { "head" } else { "get" };
        measured(call, self.0.get_opts(path, options)).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        measured("get", self.0.get_ranges(path, ranges)).await
    }

    /// One by one: nobody here removes many.
    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = Arc::clone(&self.0);
        let removed = paths.then(move |path| {
            let store = Arc::clone(&store);
            async move {
                let path = path?;
                measured("delete", store.delete(&path)).await?;
                Ok(path)
            }
        });
        removed.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        measured("list", self.0.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        measured("copy", self.0.copy_opts(from, to, options)).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        measured("rename", self.0.rename_opts(from, to, options)).await
    }
}

/// An object that is put in parts.
#[derive(Debug)]
struct Parts(Box<dyn MultipartUpload>);

#[async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        Box::pin(measured("put_part", self.0.put_part(payload)))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        measured("complete", self.0.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        measured("abort", self.0.abort()).await
    }
}
