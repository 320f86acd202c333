use std::fmt;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::ids;

/// What a feature keeps apart from what others keep: the first part of a key. Small letters and `_`, at most 20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area(pub &'static str);

impl Area {
    /// For whatever people send, until it is known what it is and something is made of it. Nobody is ever given a link to
    /// read it.
    pub const QUARANTINE: Self = Self("quarantine");
}

/// What kind of file it is, as we found out or made it; never what somebody said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    Jpeg,
    Mp4,
    /// Somebody's, as it came: nothing is known of it.
    Unknown,
}

impl FileType {
    const ALL: [Self; 3] = [Self::Jpeg, Self::Mp4, Self::Unknown];

    fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Mp4 => "mp4",
            Self::Unknown => "bin",
        }
    }

    /// As a browser is told.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Mp4 => "video/mp4",
            Self::Unknown => "application/octet-stream",
        }
    }

    /// Whether a page may show it; the rest is saved.
    pub fn is_shown(self) -> bool {
        match self {
            Self::Jpeg | Self::Mp4 => true,
            Self::Unknown => false,
        }
    }
}

/// The name of an object: `avatars/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg`. Made by us, so that it is unique, tells
/// nothing, and leads nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    text: String,
    kind: FileType,
}

impl Key {
    pub(super) fn fresh(area: Area, kind: FileType, now: OffsetDateTime) -> Self {
        let text = format!("{}/{}.{}", area.0, ids::fresh(now), kind.extension());
        Self { text, kind }
    }

    /// Only what we could have made.
    pub fn parse(text: &str) -> Option<Self> {
        let (area, name) = text.split_once('/')?;
        let (id, extension) = name.split_once('.')?;
        let fine = (1..=20).contains(&area.len())
            && area.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let canonical = Uuid::try_parse(id).ok()?.to_string() == id;
        let kind = FileType::ALL
            .into_iter()
            .find(|kind| kind.extension() == extension)?;
        (fine && canonical).then(|| Self {
            text: text.to_owned(),
            kind,
        })
    }

    /// A key that a row of ours holds.
    ///
    /// # Errors
    /// It is none: somebody wrote it there by hand.
    pub fn of_row(text: &str) -> anyhow::Result<Self> {
        Self::parse(text).ok_or_else(|| anyhow::anyhow!("`{text}` is no key of a file"))
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> FileType {
        self.kind
    }

    /// Whether nobody may read it by a link.
    pub fn is_quarantined(&self) -> bool {
        self.text
            .split_once('/')
            .is_some_and(|(area, _)| area == Area::QUARANTINE.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_nothing_else_is_one() {
        let key = Key::fresh(Area("avatars"), FileType::Jpeg, OffsetDateTime::UNIX_EPOCH);
        assert_eq!(Key::parse(key.as_str()), Some(key.clone()));
        assert!(!key.is_quarantined());
        let sent = Key::fresh(Area::QUARANTINE, FileType::Unknown, OffsetDateTime::UNIX_EPOCH);
        assert_eq!(Key::parse(sent.as_str()), Some(sent.clone()));
        assert!(sent.is_quarantined());

        let id = "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11";
        for text in [
            String::new(),
            format!("/{id}.jpg"),
            format!("../{id}.jpg"),
            format!("a/../{id}.jpg"),
            format!("a/{id}"),
            format!("a/{id}.svg"),
            format!("a/{id}.jpg/x"),
            format!("A/{id}.jpg"),
            format!("a/{}.jpg", id.to_uppercase()),
            format!("a/{}.jpg", id.replace('-', "")),
            "a/x.jpg".to_owned(),
        ] {
            assert_eq!(Key::parse(&text), None, "{text}");
        }
    }
}
