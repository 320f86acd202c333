use std::process::Command;

/// Makes a video with ffmpeg and returns the file. `arguments` are what one would type between `ffmpeg` and the name
/// of the output; `extension` says which container.
///
/// # Panics
/// There is no ffmpeg (`cargo xtask test` installs it), or it fails.
pub fn film(arguments: &str, extension: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join(format!("film.{extension}"));
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .args(["-nostdin", "-hide_banner", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(&output);
    let done = ffmpeg
        .output()
        .expect("ffmpeg: install it, or use `cargo xtask test`");
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "ffmpeg {arguments}: {errors}");
    std::fs::read(output).unwrap()
}
