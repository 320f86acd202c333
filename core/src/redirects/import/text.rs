//! A file before it is understood: bytes, and where its lines begin.

use super::Problem;

/// Where each line of a text begins.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
    }

    /// The line, from 1, that the byte at `offset` is on.
    pub(super) fn at(&self, offset: usize) -> u64 {
        self.0.partition_point(|begin| *begin <= offset) as u64
    }
}

/// UTF-8, without the mark that spreadsheets put before it.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Problem::new(
            1,
            "encoding",
            "the file is UTF-16; save it as UTF-8",
        ));
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
        Problem::new(line, "encoding", "not UTF-8; save the file as UTF-8")
    })
}
