use crate::videos::transcoder::{CLEAN, MARK, POSTER, PREVIEW, SHOWN, SOURCE, playlist};
use crate::videos::{Plan, SEGMENT_SECONDS, Size};

/// Files only, three families of containers, ten codecs, so many pixels: as the probe has it.
const OF_THE_SOURCE: &str = "-protocol_whitelist file -format_whitelist mov,mp4,m4a,3gp,3g2,mj2,matroska,webm \
    -codec_whitelist h264,hevc,vp8,vp9,av1,aac,opus,mp3,vorbis,pcm_s16le -max_pixels 8912896";
const OF_OURS: &str = "-protocol_whitelist file";
/// Nothing that the source says of itself, nor what made this.
const SAYS_NOTHING: &str = "-map_metadata -1 -map_chapters -1 -sn -dn -fflags +bitexact -flags:v +bitexact \
    -flags:a +bitexact";
/// Ten seconds of 1080p, with the same without our mark and three smaller streams, took 37 s of a processor and 15.2 MB (what
/// is shown, at a CRF of 21); `fast` at 23 took 84 s and 14.3 MB, `medium` at 23 took 89 s and 13.7 MB.
const H264: &str = "-c:v libx264 -preset veryfast -profile:v high -pix_fmt yuv420p";
const AAC: &str = "-c:a aac -b:a 128k";
/// As streaming services have it.
const LOUDNESS: &str = "loudnorm=I=-16:TP=-1.5:LRA=11";
/// Of HDR, what a screen without it can show.
const TONES: &str = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,\
    zscale=t=bt709:m=bt709:r=tv,";
/// Some of the picture is lost for at most so many bits in each pixel.
const MOST_BITS_OF_A_PIXEL: f64 = 0.12;
const LEAST_BITS: f64 = 200_000.0;

/// What is shown, the same without our mark, and the smaller streams without sound.
pub(super) fn encode(plan: &Plan, tones: bool) -> Vec<String> {
    let mut line = Line::default();
    line.add("-nostdin -hide_banner -v error -n -stats_period 0.5 -progress pipe:1");
    line.add(OF_THE_SOURCE);
    // Half a second more than there is, so that a last sound is not cut.
    line.add(&format!(
        "-t {} -i file:{SOURCE}",
        seconds(plan.duration_ms + 500)
    ));
    if plan.marked {
        line.add(&format!("{OF_OURS} -f png_pipe -i file:{MARK}"));
    }
    line.add("-filter_complex");
    line.one(filters(plan, tones));
    film(&mut line, plan, "[shown]", Some("[sound]"), plan.shown, SHOWN);
    if plan.clean {
        film(
            &mut line,
            plan,
            "[clean]",
            Some("[clean_sound]"),
            plan.shown,
            CLEAN,
        );
    }
    for size in &plan.rungs {
        film(
            &mut line,
            plan,
            &format!("[{}]", size.height),
            None,
            *size,
            &rung(*size),
        );
    }
    line.0
}

/// The streams of HLS, a poster and a preview, from what [`encode`] has made.
pub(super) fn copy(plan: &Plan) -> Vec<String> {
    let mut line = Line::default();
    line.add("-nostdin -hide_banner -v error -n");
    line.add(&format!("{OF_OURS} -i file:{SHOWN}"));
    for size in &plan.rungs {
        line.add(&format!("{OF_OURS} -i file:{}", rung(*size)));
    }
    let (from, length) = plan.preview_ms();
    line.add(&format!(
        "{OF_OURS} -ss {} -t {} -i file:{SHOWN}",
        seconds(from),
        seconds(length)
    ));

    for (input, size) in plan.streams().enumerate() {
        line.add(&format!("-map {input}:v:0"));
        if plan.sound {
            line.add("-map 0:a:0");
        }
        line.add(&format!(
            "-c copy {SAYS_NOTHING} -f hls -hls_time {SEGMENT_SECONDS}"
        ));
        line.add("-hls_playlist_type vod -hls_segment_type fmp4 -hls_flags single_file");
        line.one(playlist(size));
    }
    let last = plan.rungs.len() + 1;
    line.add(&format!(
        "-map {last}:v:0 {SAYS_NOTHING} -frames:v 1 -q:v 4 -f image2 -update 1 {POSTER}"
    ));
    let Size { width, height } = plan.preview;
    line.add(&format!(
        "-map {last}:v:0 -an {SAYS_NOTHING} -vf fps=12,scale={width}:{height} {H264} -crf 28"
    ));
    line.add(&format!("-movflags +faststart -f mp4 {PREVIEW}"));
    line.0
}

fn film(line: &mut Line, plan: &Plan, picture: &str, sound: Option<&str>, size: Size, file: &str) {
    let bits = f64::from(size.width) * f64::from(size.height) * plan.rate.value() * MOST_BITS_OF_A_PIXEL;
    let bits = bits.max(LEAST_BITS) as u64;
    line.add(&format!(
        "-map {picture} {H264} -crf 21 -maxrate {bits} -bufsize {}",
        bits * 2
    ));
    line.add(&format!(
        "-force_key_frames expr:gte(t,n_forced*{SEGMENT_SECONDS})"
    ));
    if let Some(sound) = sound.filter(|_| plan.sound) {
        line.add(&format!("-map {sound} {AAC}"));
    }
    line.add(SAYS_NOTHING);
    line.add(&format!("-movflags +faststart -f mp4 file:{file}"));
}

fn filters(plan: &Plan, tones: bool) -> String {
    let Size { width, height } = plan.shown;
    let tones = if tones { TONES } else { "" };
    let mut graph = format!(
        "[0:v:0]fps={},scale={width}:{height},setsar=1,{tones}format=yuv420p",
        plan.rate
    );
    if plan.marked {
        // A third of the width, 70 % opaque, half a percent from the right and from below.
        let mark = (width / 3).max(1);
        graph += if plan.clean {
            ",split[clean][bare]"
        } else {
            "[bare]"
        };
        graph += &format!(
            ";[1:v:0]scale={mark}:-1,format=rgba,colorchannelmixer=aa=0.7[mark];\
             [bare][mark]overlay=x=W-w-W*0.005:y=H-h-H*0.005,format=yuv420p"
        );
    }
    graph += &format!(",split={}[shown]", plan.rungs.len() + 1);
    for size in &plan.rungs {
        graph += &format!("[large{}]", size.height);
    }
    for Size { width, height } in &plan.rungs {
        graph += &format!(";[large{height}]scale={width}:{height}[{height}]");
    }
    if plan.sound {
        let format = "aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo";
        graph += &format!(";[0:a:0]aresample=async=1,{LOUDNESS},aresample=48000,{format}");
        graph += if plan.clean {
            ",asplit[sound][clean_sound]"
        } else {
            "[sound]"
        };
    }
    graph
}

fn rung(size: Size) -> String {
    format!("rung-{}.mp4", size.height)
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

#[derive(Default)]
struct Line(Vec<String>);

impl Line {
    /// Several, apart by spaces.
    fn add(&mut self, arguments: &str) {
        self.0.extend(arguments.split_whitespace().map(str::to_owned));
    }

    fn one(&mut self, argument: String) {
        self.0.push(argument);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::videos::Ratio;

    fn plan() -> Plan {
        let size = |width, height| Size { width, height };
        Plan {
            duration_ms: 10_040,
            rate: Ratio::new(30_000, 1_001).unwrap(),
            bright: true,
            sound: true,
            marked: true,
            clean: true,
            shown: size(854, 480),
            rungs: vec![size(426, 240)],
            preview: size(568, 320),
        }
    }

    #[test]
    fn what_ffmpeg_is_told() {
        let told = format!(
            "{}\n\n{}",
            encode(&plan(), true).join(" "),
            copy(&plan()).join(" ")
        );
        insta::assert_snapshot!(told.replace(" -map", "\n-map").replace(';', ";\n"));
    }

    #[test]
    fn what_is_kept_without_our_mark_is_not_made_again() {
        let again = Plan {
            clean: false,
            ..plan()
        };
        let told = encode(&again, false).join(" ");
        assert!(told.contains("overlay") && !told.contains("clean"), "{told}");
    }

    #[test]
    fn a_silent_film_without_a_mark_is_made_without_either() {
        let silent = Plan {
            sound: false,
            marked: false,
            clean: false,
            bright: false,
            ..plan()
        };
        let told = encode(&silent, false).join(" ") + &copy(&silent).join(" ");
        for word in ["0:a", "sound", "mark", "clean", "-c:a", "zscale"] {
            assert!(!told.contains(word), "{word}: {told}");
        }
    }
}
