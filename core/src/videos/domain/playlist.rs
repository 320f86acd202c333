/// Reads a media playlist whose segments lie in one object, as ffmpeg writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    /// The most bits that any second of it takes: of its fullest segment.
    pub bits_per_second: u64,
    pub duration_ms: u64,
    /// Where the last ends.
    pub end_bytes: u64,
}

impl Segments {
    /// `None`: it is none, or its segments do not follow one on the other.
    pub fn parse(playlist: &str) -> Option<Self> {
        let mut read = Self {
            bits_per_second: 0,
            duration_ms: 0,
            end_bytes: 0,
        };
        let mut lines = playlist.lines();
        if lines.next() != Some("#EXTM3U") {
            return None;
        }
        let (mut seconds, mut ended) = (None, false);
        for line in lines {
            if let Some(map) = line.strip_prefix("#EXT-X-MAP:") {
                let range = map.split_once("BYTERANGE=\"")?.1.trim_end_matches('"');
                read.follow(range)?;
            } else if let Some(length) = line.strip_prefix("#EXTINF:") {
                seconds = length.trim_end_matches(',').parse::<f64>().ok();
            } else if let Some(range) = line.strip_prefix("#EXT-X-BYTERANGE:") {
                let (seconds, bytes) = (
                    seconds.take().filter(|length| *length > 0.0)?,
                    read.follow(range)?,
                );
                let bits = (bytes as f64 * 8.0 / seconds).ceil() as u64;
                read.bits_per_second = read.bits_per_second.max(bits);
                read.duration_ms += (seconds * 1_000.0).round() as u64;
            } else if line == "#EXT-X-ENDLIST" {
                ended = true;
            }
        }
        (ended && read.duration_ms > 0).then_some(read)
    }

    /// `1500@42`: so many bytes from there, which is where the last ended. How many.
    fn follow(&mut self, range: &str) -> Option<u64> {
        let (length, start) = range.split_once('@')?;
        let (length, start): (u64, u64) = (length.parse().ok()?, start.parse().ok()?);
        if start != self.end_bytes || length == 0 {
            return None;
        }
        self.end_bytes = start.checked_add(length)?;
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYLIST: &str = r#"#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="stream-720.m4s",BYTERANGE="1000@0"
#EXTINF:4.000000,
#EXT-X-BYTERANGE:8000@1000
stream-720.m4s
#EXTINF:1.000000,
#EXT-X-BYTERANGE:3000@9000
stream-720.m4s
#EXT-X-ENDLIST
"#;

    #[test]
    fn a_playlist_says_how_much_its_fullest_segment_takes() {
        let read = Segments::parse(PLAYLIST).unwrap();
        assert_eq!(
            read,
            Segments {
                bits_per_second: 24_000,
                duration_ms: 5_000,
                end_bytes: 12_000,
            }
        );
    }

    #[test]
    fn one_with_a_gap_or_without_an_end_is_none() {
        for (what, instead) in [
            ("3000@9000", "3000@9001"),
            ("3000@9000", "0@9000"),
            ("1.000000", "nan"),
            ("#EXT-X-ENDLIST\n", ""),
            ("#EXTM3U", "#"),
        ] {
            assert_eq!(Segments::parse(&PLAYLIST.replace(what, instead)), None, "{what}");
        }
    }
}
