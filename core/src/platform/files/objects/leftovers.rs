//! What a process that died was putting into a folder. S3 does this itself, by a rule of the bucket's lifecycle.

use std::io::{Error, ErrorKind};
use std::time::SystemTime;

use tokio::fs;

use super::{Files, put};

impl Files {
    /// Removes what nobody has been writing since then.
    pub(in crate::platform::files) async fn remove_unfinished(
        &self,
        since: SystemTime,
    ) -> anyhow::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let Some(mut areas) = there(fs::read_dir(folder).await)? else {
            return Ok(());
        };
        while let Some(area) = areas.next_entry().await? {
            if !area.file_type().await?.is_dir() {
                continue;
            }
            let is_aside = area.file_name() == put::ASIDE;
            let mut files = fs::read_dir(area.path()).await?;
            while let Some(file) = files.next_entry().await? {
                // The store marks what is not finished so, and hides it; no key has such a name.
                let unfinished = is_aside || file.file_name().to_string_lossy().contains('#');
                // Whoever finishes it now is as welcome.
                let Some(metadata) = there(file.metadata().await)?.filter(|_| unfinished) else {
                    continue;
                };
                if metadata.modified()? < since {
                    there(fs::remove_file(file.path()).await)?;
                }
            }
        }
        Ok(())
    }
}

fn there<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}
