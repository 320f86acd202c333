use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use anyhow::Context as _;
use async_trait::async_trait;
use marquee_core::adapters::ffmpeg::Ffmpeg;
use marquee_core::videos::{Outcome, Progress, Transcoder, Work};
use tokio::fs;
use tokio::sync::OnceCell;

/// What ffmpeg makes of a video, made once: where another test has had the same made of the same, it is what came of that.
/// For tests of orders and money, to whom it matters that a video was made and not how.
#[derive(Default)]
pub struct MadeOnce(Ffmpeg);

/// The source and the plan.
type Asked = (Vec<u8>, String);
/// Each file by its name.
type Made = (Outcome, Vec<(OsString, Vec<u8>)>);

/// Filled by whoever asks first; the others wait.
type Making = Arc<OnceCell<Made>>;

static MADE: LazyLock<Mutex<HashMap<Asked, Making>>> = LazyLock::new(Mutex::default);

#[async_trait]
impl Transcoder for MadeOnce {
    async fn transcode(
        &self,
        work: Work<'_>,
        tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> anyhow::Result<Outcome> {
        let given = files(work.folder).await?;
        let asked = (given.concat(), format!("{:?}", work.plan));
        let made = Arc::clone(MADE.lock().unwrap().entry(asked).or_default());
        let make = async || {
            let outcome = self.0.transcode(work, tell).await?;
            anyhow::Ok((outcome, files(work.folder).await?.0))
        };
        let (outcome, files) = made.get_or_try_init(make).await?;
        for (name, bytes) in files {
            fs::write(work.folder.join(name), bytes).await?;
        }
        Ok(outcome.clone())
    }

    async fn check(&self) -> anyhow::Result<String> {
        self.0.check().await
    }
}

/// All files of a folder, by their names.
async fn files(folder: &Path) -> anyhow::Result<Files> {
    let mut found = Vec::new();
    let mut entries = fs::read_dir(folder).await.context("a folder to work in")?;
    while let Some(entry) = entries.next_entry().await? {
        found.push((entry.file_name(), fs::read(entry.path()).await?));
    }
    found.sort();
    Ok(Files(found))
}

struct Files(Vec<(OsString, Vec<u8>)>);

impl Files {
    fn concat(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(_, bytes)| bytes).copied().collect()
    }
}
