//! How like a film is to what it was made of, by ffmpeg's own measures.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// A filter of ffmpeg's that compares, and what stands before the figure where it says it.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    pub(super) name: &'static str,
    filter: &'static str,
    says: &'static str,
}

/// 1 or 100 would be the same picture.
pub(super) const MEASURES: [Measure; 2] = [
    Measure {
        name: "SSIM of 1",
        filter: "ssim",
        says: "All:",
    },
    Measure {
        name: "VMAF of 100",
        filter: "libvmaf",
        says: "VMAF score: ",
    },
];

impl Measure {
    /// `None`: this ffmpeg was built without it.
    pub(super) fn of(self, ffmpeg: &Path, file: &Path, source: &Path) -> Result<Option<f64>> {
        let filters = Command::new(ffmpeg).args(["-hide_banner", "-filters"]).output();
        let filters = String::from_utf8_lossy(&filters.context("starting ffmpeg")?.stdout).into_owned();
        if !filters.contains(&format!(" {} ", self.filter)) {
            return Ok(None);
        }
        let mut compare = Command::new(ffmpeg);
        compare.args(["-nostdin", "-hide_banner", "-i"]).arg(file);
        compare.arg("-i").arg(source);
        compare.args([
            "-lavfi",
            &format!("[0:v][1:v]{}", self.filter),
            "-an",
            "-f",
            "null",
            "-",
        ]);
        let said = compare.output().context("comparing by ffmpeg")?;
        let said = String::from_utf8_lossy(&said.stderr);
        let figure = said.rsplit_once(self.says).map(|(_, rest)| rest);
        let figure = figure.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        Ok(Some(figure.with_context(|| {
            format!("no figure of {}: {said}", self.name)
        })?))
    }
}
