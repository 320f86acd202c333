use std::time::Duration;

use super::{Found, Picture, Ratio};

/// Of what is shown: no more than a screen has, whichever way it is held.
const LONG_SIDE: u32 = 1_920;
const SHORT_SIDE: u32 = 1_080;
/// The shorter sides of the smaller streams; the largest is what is shown.
const RUNGS: [u32; 3] = [720, 480, 240];
const MOST_A_SECOND: f64 = 60.0;
/// Those that screens have, for what has no steady one of its own.
const RATES: [u32; 5] = [24, 25, 30, 50, 60];
const PREVIEW_SIDE: u32 = 320;
const PREVIEW_MS: u64 = 3_000;
/// Every so many seconds each stream begins anew, all at the same time, so that a player can go from one to the other.
pub const SEGMENT_SECONDS: u32 = 4;
/// Whatever is made is made within this, and so much more for each second of the video.
const TO_BEGIN: Duration = Duration::from_secs(60);
const FOR_A_SECOND: u32 = 60;

/// Width and height, both even: H.264 halves its colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

/// What is to be made of a video.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub duration_ms: u64,
    /// Pictures a second, and no fewer or more in any of them.
    pub rate: Ratio,
    /// It has more light than screens have.
    pub bright: bool,
    pub sound: bool,
    /// What is shown bears our mark.
    pub marked: bool,
    /// The same is made without it.
    pub clean: bool,
    pub shown: Size,
    /// The streams that are smaller than what is shown, largest first.
    pub rungs: Vec<Size>,
    pub preview: Size,
}

impl Plan {
    /// `None`: there is no picture in it.
    pub fn of(found: &Found, marked: bool) -> Option<Self> {
        let picture = found.picture()?;
        let shown = Size::within(picture.shown(), LONG_SIDE, SHORT_SIDE);
        let rungs = RUNGS.into_iter().filter(|side| *side < shown.short_side());
        Some(Self {
            duration_ms: picture.duration_ms,
            rate: rate(picture)?,
            bright: matches!(picture.transfer.as_deref(), Some("smpte2084" | "arib-std-b67")),
            sound: found.sound().is_some_and(|sound| sound.packets > 0),
            marked,
            clean: marked,
            shown,
            rungs: rungs.map(|side| shown.with_short_side(side)).collect(),
            preview: shown.with_short_side(PREVIEW_SIDE.min(shown.short_side())),
        })
    }

    /// All streams, largest first.
    pub fn streams(&self) -> impl Iterator<Item = Size> {
        std::iter::once(self.shown).chain(self.rungs.iter().copied())
    }

    /// From where to where, in milliseconds, the preview goes: the first moments are seldom the best.
    pub fn preview_ms(&self) -> (u64, u64) {
        let length = PREVIEW_MS.min(self.duration_ms);
        let from = (self.duration_ms / 5).min(self.duration_ms - length);
        (from, length)
    }

    /// How long the making may take at most, and how much time of a processor it may use.
    pub fn within(&self) -> Duration {
        TO_BEGIN + Duration::from_millis(self.duration_ms) * FOR_A_SECOND
    }
}

impl Size {
    pub fn short_side(self) -> u32 {
        self.width.min(self.height)
    }

    /// No larger than this either way, and of the same shape.
    fn within((width, height): (u32, u32), long: u32, short: u32) -> Self {
        let of = |side: u32, most: u32| f64::from(most) / f64::from(side.max(1));
        let scale = of(width.max(height), long)
            .min(of(width.min(height), short))
            .min(1.0);
        Self {
            width: even(f64::from(width) * scale),
            height: even(f64::from(height) * scale),
        }
    }

    fn with_short_side(self, side: u32) -> Self {
        let scale = f64::from(side) / f64::from(self.short_side());
        Self {
            width: even(f64::from(self.width) * scale),
            height: even(f64::from(self.height) * scale),
        }
    }
}

fn even(side: f64) -> u32 {
    // The nearest, and of an odd number the one below: nothing is ever made larger.
    ((side.round() as u32) / 2 * 2).max(2)
}

fn rate(picture: &Picture) -> Option<Ratio> {
    let seconds = picture.duration_ms as f64 / 1_000.0;
    let seen = picture.frames as f64 / seconds.max(0.001);
    let steady = picture.average_rate.filter(|average| {
        let base = picture.base_rate.map_or(0.0, Ratio::value);
        let is_near = |other: f64| (average.value() / other - 1.0).abs() < 0.02;
        is_near(base) && is_near(seen)
    });
    let mut rate = match steady {
        Some(rate) => rate,
        // Half a picture a second is lost where it is a little uneven.
        None => {
            let fitting = RATES.into_iter().find(|rate| f64::from(*rate) > seen - 0.5);
            Ratio::whole(fitting.unwrap_or(60))?
        }
    };
    while rate.value() > MOST_A_SECOND {
        rate = rate.halved();
    }
    Some(rate)
}

#[cfg(test)]
mod tests {
    use super::super::{Sound, Stream};
    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        let rate = Ratio::new(30_000, 1_001);
        Picture {
            width,
            height,
            average_rate: rate,
            base_rate: rate,
            frames: 300,
            duration_ms: 10_010,
            ..Picture::default()
        }
    }

    fn planned(picture: Picture) -> Plan {
        let found = Found {
            streams: vec![Stream::Video(picture)],
            ..Found::default()
        };
        Plan::of(&found, true).unwrap()
    }

    #[test]
    fn a_video_is_shown_as_large_as_it_is_but_no_larger_than_a_screen() {
        for (source, shown) in [
            ((64, 64), (64, 64)),
            ((321, 241), (320, 240)),
            ((1_920, 1_080), (1_920, 1_080)),
            ((1_080, 1_920), (1_080, 1_920)),
            ((3_840, 2_160), (1_920, 1_080)),
            ((4_096, 2_176), (1_920, 1_020)),
            ((2_160, 3_840), (1_080, 1_920)),
            ((1_440, 1_440), (1_080, 1_080)),
            ((4_000, 64), (1_920, 30)),
        ] {
            let plan = planned(picture(source.0, source.1));
            assert_eq!((plan.shown.width, plan.shown.height), shown, "{source:?}");
        }
    }

    #[test]
    fn streams_are_steps_below_what_is_shown_by_the_shorter_side() {
        let sides = |plan: &Plan| {
            plan.streams()
                .map(|size| (size.width, size.height))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            sides(&planned(picture(1_920, 1_080))),
            [(1_920, 1_080), (1_280, 720), (852, 480), (426, 240)]
        );
        assert_eq!(
            sides(&planned(picture(720, 1_280))),
            [(720, 1_280), (480, 852), (240, 426)]
        );
        assert_eq!(sides(&planned(picture(320, 240))), [(320, 240)]);
    }

    #[test]
    fn pixels_that_are_not_square_are_made_so_and_what_is_turned_is_shown_so() {
        let wide = Picture {
            pixel_shape: Ratio::parse("4:3"),
            rotation: 90,
            ..picture(1_440, 1_080)
        };
        let plan = planned(wide);
        assert_eq!((plan.shown.width, plan.shown.height), (1_080, 1_920));
    }

    #[test]
    fn the_rate_is_its_own_where_it_is_steady_and_one_that_screens_have_elsewhere() {
        let rate = |average: &str, base: &str, frames| {
            let picture = Picture {
                average_rate: Ratio::parse(average),
                base_rate: Ratio::parse(base),
                frames,
                duration_ms: 10_000,
                ..Picture::default()
            };
            planned(picture).rate.to_string()
        };
        assert_eq!(rate("30000/1001", "30000/1001", 300), "30000/1001");
        assert_eq!(rate("15/1", "15/1", 150), "15/1");
        assert_eq!(rate("120/1", "120/1", 1_200), "120/2");
        assert_eq!(rate("290/10", "90000/1", 290), "30/1", "uneven");
        assert_eq!(rate("30/1", "1000/1", 301), "30/1", "of a browser");
        assert_eq!(rate("0/0", "0/0", 50), "24/1", "says nothing");
        assert_eq!(rate("30/1", "30/1", 600), "60/1", "says what is not so");
    }

    #[test]
    fn sound_that_has_no_length_is_none() {
        let with = |packets| {
            let sound = Sound {
                packets,
                ..Sound::default()
            };
            let streams = vec![Stream::Video(picture(64, 64)), Stream::Audio(sound)];
            let found = Found {
                streams,
                ..Found::default()
            };
            Plan::of(&found, false).unwrap().sound
        };
        assert!(with(1));
        assert!(!with(0));
    }

    #[test]
    fn a_preview_lies_within_the_video() {
        for duration_ms in [1, 900, 3_000, 4_000, 600_000] {
            let plan = planned(Picture {
                duration_ms,
                ..picture(64, 64)
            });
            let (from, length) = plan.preview_ms();
            assert!(
                from + length <= duration_ms && length > 0,
                "{duration_ms}: {from} {length}"
            );
        }
    }
}
