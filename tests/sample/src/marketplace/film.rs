use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// Different pictures, each with a tone of its own: 4 seconds, upright, since a presentation has at least 3.
const PICTURES: [&str; 8] = [
    "testsrc2=size=360x640:rate=25:duration=4",
    "gradients=size=360x640:rate=25:duration=4:seed=1:nb_colors=3:speed=0.05",
    "smptehdbars=size=360x640:rate=25:duration=4",
    "gradients=size=360x640:rate=25:duration=4:seed=2:nb_colors=4:speed=0.03:type=radial",
    "testsrc=size=360x640:rate=25:duration=4",
    "gradients=size=360x640:rate=25:duration=4:seed=3:nb_colors=5:speed=0.04:type=circular",
    "rgbtestsrc=size=360x640:rate=25:duration=4",
    "gradients=size=360x640:rate=25:duration=4:seed=4:nb_colors=2:speed=0.06:type=spiral",
];
/// How many are made at the same time.
const AT_ONCE: usize = 2;

/// How many films there are, `films/0.mp4` and so on.
pub const FILMS: usize = PICTURES.len();

/// What a film is called in the folder.
pub(super) fn name(number: usize) -> String {
    format!("films/{number}.mp4")
}

pub(super) fn write_all(folder: &Path) -> io::Result<()> {
    let missing: Vec<usize> = (0..FILMS)
        .filter(|number| !folder.join(name(*number)).exists())
        .collect();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|turn| {
                let mine = missing.iter().skip(turn).step_by(AT_ONCE);
                scope.spawn(move || mine.copied().try_for_each(|number| write(folder, number)))
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("making a film panicked")))
        })
    })
}

fn write(folder: &Path, number: usize) -> io::Result<()> {
    let file = folder.join(name(number));
    // Under another name until it is whole: what is there is taken to be right.
    let part = file.with_extension("part");
    let tone = format!("sine=frequency={}:duration=4", 220 + 55 * number);
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .args(["-nostdin", "-hide_banner", "-v", "error", "-y"])
        .args(["-f", "lavfi", "-i", PICTURES[number], "-f", "lavfi", "-i", &tone])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-crf",
            "32",
            "-pix_fmt",
            "yuv420p",
        ])
        .args([
            "-threads",
            "1",
            "-c:a",
            "aac",
            "-b:a",
            "48k",
            "-shortest",
            "-movflags",
            "+faststart",
        ])
        // No version of ffmpeg and no time in the file: the same each time.
        .args([
            "-fflags",
            "+bitexact",
            "-flags:v",
            "+bitexact",
            "-flags:a",
            "+bitexact",
        ])
        .args(["-f", "mp4"])
        .arg(&part)
        .stdin(Stdio::null());
    let done = ffmpeg
        .output()
        .map_err(|error| io::Error::other(format!("starting ffmpeg: {error}; install it")))?;
    if !done.status.success() {
        let why = String::from_utf8_lossy(&done.stderr);
        return Err(io::Error::other(format!("ffmpeg: {}", why.trim())));
    }
    std::fs::rename(part, file)
}
