use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::io::AsyncReadExt as _;

use crate::app::App;
use crate::platform::files::FileType;
use crate::videos::domain::{Expected, Flaw, Found, Plan, Segments, Size, begins_with_index, is_whole_jpeg};
use crate::videos::store::Stream;
use crate::videos::transcoder::{CLEAN, POSTER, PREVIEW, SHOWN, playlist, stream};
use crate::videos::{Unreadable, domain};

/// Where the boxes before an index are.
const HEAD: u64 = 64 << 10;
/// A playlist has a few lines for each four seconds.
const MOST_OF_A_PLAYLIST: u64 = 1 << 20;
const MOST_OF_A_POSTER: u64 = 16 << 20;

/// A file that was made, and is what it should be.
pub(super) struct Made {
    pub(super) kind: &'static str,
    pub(super) path: PathBuf,
    pub(super) format: FileType,
    pub(super) size_bytes: u64,
    pub(super) size: Size,
    pub(super) stream: Option<Stream>,
}

type Proven<T> = anyhow::Result<Result<T, Flaw>>;

/// Passes a flaw on.
macro_rules! flawless {
    ($proven:expr) => {
        match $proven {
            Ok(value) => value,
            Err(flaw) => return Ok(Err(flaw)),
        }
    };
}

/// Looks into everything that was made. An error means that it could not look.
pub(super) async fn prove(app: &App, folder: &Path, plan: &Plan) -> Proven<Vec<Made>> {
    let mut made = Vec::new();
    let mut films = vec![("shown", SHOWN, plan.expected(plan.shown))];
    if plan.clean {
        films.push(("clean", CLEAN, plan.expected(plan.shown)));
    }
    films.push(("preview", PREVIEW, plan.expected_preview()));
    for (kind, name, expected) in films {
        let path = folder.join(name);
        flawless!(look(app, &path, &expected).await?);
        if !begins_with_index(&read(&path, HEAD).await?) {
            return Ok(Err(Flaw::Slow));
        }
        made.push(of(kind, path, FileType::Mp4, expected.size).await?);
    }
    for size in plan.streams() {
        made.push(flawless!(prove_stream(app, folder, plan, size).await?));
    }
    made.push(flawless!(prove_poster(folder, plan).await?));
    Ok(Ok(made))
}

async fn prove_stream(app: &App, folder: &Path, plan: &Plan, size: Size) -> Proven<Made> {
    let path = folder.join(stream(size));
    let found = flawless!(look(app, &path, &plan.expected(size)).await?);
    let text = read(&folder.join(playlist(size)), MOST_OF_A_PLAYLIST).await?;
    let text = String::from_utf8(text).unwrap_or_default();
    let mut made = of("stream", path, FileType::Mp4, size).await?;
    let segments = Segments::parse(&text).filter(|segments| {
        let differs = segments.duration_ms.abs_diff(plan.duration_ms);
        segments.end_bytes == made.size_bytes && differs <= 1_000 + plan.duration_ms / 50
    });
    let Some(segments) = segments else {
        return Ok(Err(Flaw::Playlist));
    };
    made.stream = Some(Stream {
        playlist: text,
        bits_per_second: i32::try_from(segments.bits_per_second)?,
        codecs: codecs(&found).context("by what names are its codecs known?")?,
    });
    Ok(Ok(made))
}

async fn prove_poster(folder: &Path, plan: &Plan) -> Proven<Made> {
    let path = folder.join(POSTER);
    if !is_whole_jpeg(&read(&path, MOST_OF_A_POSTER).await?) {
        return Ok(Err(Flaw::Poster));
    }
    Ok(Ok(of("poster", path, FileType::Jpeg, plan.shown).await?))
}

async fn look(app: &App, path: &Path, expected: &Expected) -> Proven<Found> {
    if !tokio::fs::try_exists(path).await? {
        return Ok(Err(Flaw::Streams));
    }
    let found = match app
        .video_probe
        .probe(path)
        .await
        .context("looking into what was made")?
    {
        Ok(found) => found,
        Err(Unreadable::TooMuchWork) => anyhow::bail!("looking into what was made takes too long"),
        Err(_) => return Ok(Err(Flaw::Streams)),
    };
    Ok(domain::prove(&found, expected).map(|()| found))
}

/// `avc1.64001f,mp4a.40.2`
fn codecs(found: &Found) -> Option<String> {
    let mut codecs = found.picture()?.codec_string.clone()?;
    if let Some(sound) = found.sound() {
        codecs += ",";
        codecs += sound.codec_string.as_deref()?;
    }
    Some(codecs)
}

async fn of(kind: &'static str, path: PathBuf, format: FileType, size: Size) -> anyhow::Result<Made> {
    let size_bytes = tokio::fs::metadata(&path).await?.len();
    Ok(Made {
        kind,
        path,
        format,
        size_bytes,
        size,
        stream: None,
    })
}

/// What is not there is empty.
async fn read(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match tokio::fs::File::open(path).await {
        Ok(file) => file.take(most).read_to_end(&mut bytes).await.map(|_| bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(bytes),
        Err(error) => Err(error),
    }
}
