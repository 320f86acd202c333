//! How long the making of a video takes, beside ffmpeg by itself, and beside what the original service did.

mod likeness;
mod spent;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use marquee_core::adapters::ffmpeg::Ffmpeg;
use marquee_core::adapters::ffprobe::Ffprobe;
use marquee_core::videos::transcoder::{CLEAN, MARK, SHOWN, SOURCE};
use marquee_core::videos::{Outcome, Plan, Transcoder as _, VideoProbe as _, Work};
use tokio::runtime::Runtime;

use self::spent::{Spent, spent};
use crate::Run;
use crate::report::{Row, Section, Target, number};
use crate::server::installed;
use crate::stats::median;

const OUR_MARK: &[u8] = include_bytes!("../../../core/src/videos/mark.png");
/// Of what ffmpeg needs by itself.
const TARGET: f64 = 1.05;
/// What the original gives ffmpeg, by leaving it out: its defaults. And no index at the beginning.
const ORIGINAL: &str =
    "-c:v libx264 -preset medium -crf 23 -pix_fmt yuv420p -c:a aac -b:a 128k -f mp4 original.mp4";

/// One of what something took.
type Side = fn(&Spent) -> f64;

pub(crate) fn run(run: &Run) -> Result<Section> {
    let (size, seconds, rounds) = if run.quick {
        ("640x360", 2, 1)
    } else {
        ("1920x1080", 10, 3)
    };
    let ffmpeg = installed("ffmpeg", "ffmpeg")?;
    let runtime = Runtime::new().context("a runtime")?;
    let source = run.scratch.join("film.mp4");
    film(&ffmpeg, size, seconds, &source)?;
    let plan = runtime.block_on(plan(&source))?;

    let (mut ours, mut plain, mut original) = (Vec::new(), Vec::new(), Vec::new());
    let made = run.scratch.join("transcode");
    // The first is not measured: it brings programs and the film into memory.
    for round in 0..=rounds {
        eprintln!("  … transcoding, round {round} of {rounds}");
        let figures = [
            by_us(&runtime, &plan, &source, &made.join("ours"))?,
            by_itself(&ffmpeg, &plan, &source, &made.join("plain"))?,
            as_the_original(&ffmpeg, &source, &made.join("original"))?,
        ];
        if round > 0 {
            let [one, two, three] = figures;
            ours.push(one);
            plain.push(two);
            original.push(three);
        }
    }
    let mut rows = Vec::new();
    let sides: [(&str, Side); 2] = [
        ("wall", |spent| spent.wall),
        ("processor", |spent| spent.processor),
    ];
    for (what, of) in sides {
        let ratio = median(ours.iter().zip(&plain).map(|(ours, plain)| of(ours) / of(plain)));
        let (ours, plain) = (median(ours.iter().map(of)), median(plain.iter().map(of)));
        rows.push(
            Row::new(format!("everything, {what}"), number(ours, "s"))
                .beside(format!("the same by ffmpeg {}", number(plain, "s")), ratio)
                .target(Target::AtMost(TARGET), ratio, "≤ 1.05 × ffmpeg"),
        );
        let theirs = median(original.iter().map(of));
        rows.push(
            Row::new(format!("everything, {what}, once more"), number(ours, "s")).beside(
                format!("the original's one file {}", number(theirs, "s")),
                ours / theirs,
            ),
        );
    }
    rows.extend(compare(&ffmpeg, &source, &made)?);
    fs::remove_dir_all(&made).context("removing what was made")?;
    Ok(Section {
        title: "Transcoding",
        method: format!(
            "{seconds} s of {size} with noise and a tone, 30 pictures a second. Everything: what is shown, the same without our mark, \
             {} smaller streams, HLS, poster and preview, as the job makes it, behind its walls and with its progress read; beside \
             it ffmpeg with the same two lines of arguments, started by itself. The original made one file by libx264's defaults \
             (medium, CRF 23); likeness is of what has no mark to the source. {rounds} rounds in turn after one unmeasured, \
             medians; the processor's time is that of all processes started.",
            plan.rungs.len()
        ),
        rows,
    })
}

fn film(ffmpeg: &Path, size: &str, seconds: u32, to: &Path) -> Result<()> {
    let picture = format!("testsrc2=size={size}:rate=30:duration={seconds},noise=alls=12:allf=t");
    let sound = format!("sine=duration={seconds}");
    let mut make = Command::new(ffmpeg);
    make.args([
        "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound,
    ])
    // As much as phones take for it: what has ten times as much is looked into for too long, and refused.
    .args("-c:v libx264 -preset ultrafast -b:v 20M -maxrate 25M -bufsize 25M -pix_fmt yuv420p -c:a aac -shortest".split(' '))
    .arg(to);
    succeed(&mut make)
}

async fn plan(source: &Path) -> Result<Plan> {
    let found = Ffprobe::default().probe(source).await?;
    let found = found.ok().context("our own film cannot be read")?;
    Plan::of(&found, true).context("our own film has no picture")
}

/// An empty folder but for what the job puts there.
fn begun(folder: &Path, source: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).context("removing what the round before made")?;
    }
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    fs::copy(source, folder.join(SOURCE)).context("copying the film")?;
    fs::write(folder.join(MARK), OUR_MARK).context("writing the mark")
}

fn by_us(runtime: &Runtime, plan: &Plan, source: &Path, folder: &Path) -> Result<Spent> {
    begun(folder, source)?;
    let ffmpeg = Ffmpeg::default();
    // What it finds out once in the life of a worker.
    runtime.block_on(ffmpeg.check())?;
    let within = Duration::from_secs(3_600);
    spent(|| {
        let work = Work { folder, plan, within };
        let outcome = runtime.block_on(ffmpeg.transcode(work, &|_| ()))?;
        ensure!(outcome == Outcome::Made, "{outcome:?}");
        Ok(())
    })
}

fn by_itself(ffmpeg: &Path, plan: &Plan, source: &Path, folder: &Path) -> Result<Spent> {
    begun(folder, source)?;
    let lines = Ffmpeg::arguments(plan);
    spent(|| {
        lines
            .iter()
            .try_for_each(|line| succeed(Command::new(ffmpeg).args(line).current_dir(folder)))
    })
}

fn as_the_original(ffmpeg: &Path, source: &Path, folder: &Path) -> Result<Spent> {
    begun(folder, source)?;
    let mut command = Command::new(ffmpeg);
    command.args(["-nostdin", "-v", "error", "-i", SOURCE]);
    command.args(ORIGINAL.split_whitespace()).current_dir(folder);
    spent(|| succeed(&mut command))
}

/// How large what was made is, and how like what it was made of.
fn compare(ffmpeg: &Path, source: &Path, made: &Path) -> Result<Vec<Row>> {
    let (clean, theirs) = (made.join("ours").join(CLEAN), made.join("original/original.mp4"));
    let megabytes = |file: &Path| anyhow::Ok(fs::metadata(file)?.len() as f64 / 1e6);
    let (ours, original) = (megabytes(&clean)?, megabytes(&theirs)?);
    let mut rows = vec![
        Row::new(
            "size of what is shown",
            number(megabytes(&made.join("ours").join(SHOWN))?, "MB"),
        ),
        Row::new("size without our mark", number(ours, "MB")).beside(
            format!("the original's {}", number(original, "MB")),
            ours / original,
        ),
    ];
    for measure in likeness::MEASURES {
        let of = |file: &PathBuf| measure.of(ffmpeg, file, source);
        let (Some(ours), Some(original)) = (of(&clean)?, of(&theirs)?) else {
            continue;
        };
        rows.push(
            Row::new(format!("likeness, {}", measure.name), format!("{ours:.4}"))
                .beside(format!("the original's {original:.4}"), ours / original),
        );
    }
    Ok(rows)
}

fn succeed(command: &mut Command) -> Result<()> {
    let done = command.output().context("starting ffmpeg")?;
    let errors = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "ffmpeg: {}", errors.trim());
    Ok(())
}
