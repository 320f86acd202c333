use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::platform::files::Key;

/// In which a talent presents themselves
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Presentation)]
pub struct PresentationView {
    /// An MP4; the link works for an hour or two
    #[schema(
        example = "https://api.marquee.example/v1/files/videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.mp4?expires=1782914400&signature=q83vEjRWeJA"
    )]
    pub url: String,
    #[schema(example = 42_000)]
    pub duration_ms: i64,
    /// As it is shown
    #[schema(example = 1_080)]
    pub width: i32,
    #[schema(example = 1_920)]
    pub height: i32,
}

/// A link to the object that a row names, if it names one.
pub(super) fn link(app: &App, key: Option<&str>) -> anyhow::Result<Option<String>> {
    let key = key.map(Key::of_row).transpose()?;
    Ok(key.map(|key| app.files.link(&key, app.now())))
}

/// What is known of a video that can be played, if there is one.
pub(super) fn presentation(
    app: &App,
    file: Option<&str>,
    duration_ms: Option<i64>,
    (width, height): (Option<i32>, Option<i32>),
) -> anyhow::Result<Option<PresentationView>> {
    let url = link(app, file)?;
    Ok(url.map(|url| PresentationView {
        url,
        duration_ms: duration_ms.unwrap_or_default(),
        width: width.unwrap_or_default(),
        height: height.unwrap_or_default(),
    }))
}
