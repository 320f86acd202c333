//! Playlists of HTTP Live Streaming (RFC 8216), as a player is given them.

/// One height of a video that can be streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::videos) struct Variant {
    pub(in crate::videos) width: i32,
    pub(in crate::videos) height: i32,
    /// At most, over any segment.
    pub(in crate::videos) bits_per_second: i32,
    /// As RFC 6381 names them.
    pub(in crate::videos) codecs: String,
}

/// The list of all heights, the smallest first: players begin with it. `address` says where the playlist of a height is.
pub(in crate::videos) fn master(variants: &[Variant], address: impl Fn(i32) -> String) -> String {
    let mut text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    for Variant {
        width,
        height,
        bits_per_second,
        codecs,
    } in variants
    {
        let address = address(*height);
        text += &format!(
            "#EXT-X-STREAM-INF:BANDWIDTH={bits_per_second},RESOLUTION={width}x{height},CODECS=\"{codecs}\"\n{address}\n"
        );
    }
    text
}

/// The playlist of one height as it was made, whose segments are parts of one object, with the address of that object.
pub(in crate::videos) fn media(made: &str, address: &str) -> String {
    let mut text = String::with_capacity(made.len());
    for line in made.lines() {
        match line
            .split_once("URI=\"")
            .map(|(before, rest)| (before, rest.split_once('"')))
        {
            Some((before, Some((_, after)))) if line.starts_with("#EXT-X-MAP:") => {
                text += &format!("{before}URI=\"{address}\"{after}");
            }
            _ if line.starts_with('#') || line.is_empty() => text += line,
            _ => text += address,
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_heights_says_what_each_needs_and_where_it_is() {
        let variant = |width, height, bits_per_second| Variant {
            width,
            height,
            bits_per_second,
            codecs: "avc1.64001e,mp4a.40.2".to_owned(),
        };
        let text = master(
            &[variant(426, 240, 400_000), variant(1_280, 720, 2_800_000)],
            |height| format!("stream/{height}.m3u8"),
        );
        insta::assert_snapshot!(text, @r#"
        #EXTM3U
        #EXT-X-VERSION:7
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=426x240,CODECS="avc1.64001e,mp4a.40.2"
        stream/240.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1280x720,CODECS="avc1.64001e,mp4a.40.2"
        stream/720.m3u8
        "#);
    }

    #[test]
    fn every_segment_is_a_part_of_the_same_object() {
        let made = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n\
            #EXT-X-MAP:URI=\"240.mp4\",BYTERANGE=\"822@0\"\n#EXTINF:4.000000,\n#EXT-X-BYTERANGE:120@822\n240.mp4\n\
            #EXTINF:1.000000,\n#EXT-X-BYTERANGE:60@942\n240.mp4\n#EXT-X-ENDLIST\n";
        insta::assert_snapshot!(media(made, "https://files.example/a?b=c"), @r#"
        #EXTM3U
        #EXT-X-VERSION:7
        #EXT-X-TARGETDURATION:4
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXT-X-MAP:URI="https://files.example/a?b=c",BYTERANGE="822@0"
        #EXTINF:4.000000,
        #EXT-X-BYTERANGE:120@822
        https://files.example/a?b=c
        #EXTINF:1.000000,
        #EXT-X-BYTERANGE:60@942
        https://files.example/a?b=c
        #EXT-X-ENDLIST
        "#);
    }
}
