use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

use super::domain::{Plan, Progress, Size};

/// What is to be made, and where: in an empty folder but for [`SOURCE`] and, where it is wanted, [`MARK`].
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    pub folder: &'a Path,
    pub plan: &'a Plan,
    pub within: Duration,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Made,
    /// Some of the source could not be read, and there is what was made of the rest.
    MadeOfTheRest(String),
    /// The source is at fault; what the tool says of it.
    Unplayable(String),
}

/// Whatever makes of a video what is shown of it.
///
/// The source is hostile: see [`VideoProbe`](super::VideoProbe). What it makes is not believed either, but proven.
#[async_trait]
pub trait Transcoder: Send + Sync {
    /// Makes every file of the plan, by the names of this module, and says how far it is. An error means that it could not
    /// be done now: it may be tried again, in another folder.
    async fn transcode(
        &self,
        work: Work<'_>,
        tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> anyhow::Result<Outcome>;

    /// Whether it could now, and how well it is walled in, in words.
    async fn check(&self) -> anyhow::Result<String>;
}

pub const SOURCE: &str = "source";
pub const MARK: &str = "mark.png";
/// MP4: what is shown, and the same without our mark.
pub const SHOWN: &str = "shown.mp4";
pub const CLEAN: &str = "clean.mp4";
/// JPEG, and a few seconds of MP4 without sound.
pub const POSTER: &str = "poster.jpg";
pub const PREVIEW: &str = "preview.mp4";

/// All segments of one stream, in fragmented MP4.
pub fn stream(size: Size) -> String {
    format!("stream-{}.m4s", size.height)
}

/// Where its segments are.
pub fn playlist(size: Size) -> String {
    format!("stream-{}.m3u8", size.height)
}
