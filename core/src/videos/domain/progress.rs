/// How far the making of a video is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Of 100.
    pub percent: f32,
    /// How many times as fast as it plays, once that is known.
    pub speed: Option<f32>,
    pub left_ms: Option<i64>,
}

/// What of the way is the encoding; the rest is proving and keeping what was made.
const ENCODING: f64 = 95.0;

/// Reads what ffmpeg tells of its progress: lines of `name=value`, again and again, `progress=` last.
#[derive(Debug)]
pub struct ProgressReader {
    duration_us: f64,
    at_us: f64,
    speed: Option<f32>,
}

impl ProgressReader {
    /// Of a video that is so long.
    pub fn new(duration_ms: u64) -> Self {
        Self {
            duration_us: (duration_ms.max(1) * 1_000) as f64,
            at_us: 0.0,
            speed: None,
        }
    }

    /// Something, when the line ends what is told at once. What cannot be read says nothing.
    pub fn line(&mut self, line: &str) -> Option<Progress> {
        let (name, value) = line.trim().split_once('=')?;
        match name {
            // It never goes back, whatever it says.
            "out_time_us" => {
                let at = value.trim().parse().ok().filter(|at: &f64| at.is_finite());
                let at = at.unwrap_or(self.at_us);
                self.at_us = at.clamp(self.at_us, self.duration_us.max(self.at_us));
            }
            "speed" => {
                let speed = value.trim().trim_end_matches('x').parse::<f32>();
                self.speed = speed.ok().filter(|speed| speed.is_finite() && *speed > 0.0);
            }
            "progress" => return Some(self.progress()),
            _ => {}
        }
        None
    }

    fn progress(&self) -> Progress {
        let left_us = self.duration_us - self.at_us;
        Progress {
            percent: (self.at_us / self.duration_us * ENCODING) as f32,
            speed: self.speed,
            left_ms: self
                .speed
                .map(|speed| (left_us / f64::from(speed) / 1_000.0) as i64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<Progress> {
        let mut reader = ProgressReader::new(10_000);
        text.lines().filter_map(|line| reader.line(line)).collect()
    }

    #[test]
    fn what_ffmpeg_tells_is_read() {
        let text = "frame=12\nfps=24.00\nbitrate=N/A\nout_time_us=2500000\nout_time=00:00:02.500000\n\
            dup_frames=0\nspeed= 2.5x\nprogress=continue\n\
            out_time_us=10000000\nspeed=2x   \nprogress=end\n";
        assert_eq!(
            told(text),
            [
                Progress {
                    percent: 23.75,
                    speed: Some(2.5),
                    left_ms: Some(3_000),
                },
                Progress {
                    percent: 95.0,
                    speed: Some(2.0),
                    left_ms: Some(0),
                },
            ]
        );
    }

    #[test]
    fn it_never_goes_back_nor_past_the_end_and_nonsense_is_nothing() {
        let text = "out_time_us=5000000\nprogress=continue\nout_time_us=-9223372036854775807\nprogress=continue\n\
            out_time_us=N/A\nspeed=N/A\nprogress=continue\nout_time_us=NaN\nspeed=infx\n=\n\nprogress\n\
            out_time_us=99000000\nprogress=end\n";
        let told = told(text);
        let percents: Vec<f32> = told.iter().map(|progress| progress.percent).collect();
        assert_eq!(percents, [47.5, 47.5, 47.5, 95.0]);
        assert!(told.iter().all(|progress| progress.speed.is_none()));
    }
}
