//! Mail as files, for a developer to open: one `.eml` each, named by the mail's id, so that the last is the newest.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use async_trait::async_trait;

use super::mail_message::message;
use crate::platform::mail::{MailTransport, Outgoing, SendError};

#[derive(Debug)]
pub struct MailFiles {
    folder: PathBuf,
}

impl MailFiles {
    /// The folder is made when the first mail comes.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }
}

#[async_trait]
impl MailTransport for MailFiles {
    async fn send(&self, mail: &Outgoing) -> Result<(), SendError> {
        let bytes = message(mail)?.formatted();
        let written = async {
            tokio::fs::create_dir_all(&self.folder).await?;
            tokio::fs::write(self.folder.join(format!("{}.eml", mail.id)), bytes).await
        };
        written
            .await
            .map_err(|error| SendError::Failed(format!("writing below {}: {error}", self.folder.display())))
    }

    async fn check(&self) -> anyhow::Result<String> {
        let folder = self.folder.display();
        tokio::fs::create_dir_all(&self.folder)
            .await
            .with_context(|| format!("making {folder}"))?;
        let probe = self.folder.join(".writable");
        tokio::fs::write(&probe, "")
            .await
            .with_context(|| format!("writing below {folder}"))?;
        tokio::fs::remove_file(&probe)
            .await
            .context("removing the probe")?;
        Ok(format!("goes into files below {folder}"))
    }
}
