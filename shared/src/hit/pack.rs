use super::{FORMAT, MAX_PACKED, MAX_PACKED_BYTES};

/// One SQS message, and which of the hits given it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// `{"format":1,"hits":[…]}`.
    pub body: String,
    /// Indices of the hits, so that a message which SQS refuses can be traced back to them.
    pub hits: std::ops::Range<usize>,
}

/// Packs hits, each one JSON object as the edge wrote it, into as few messages as fit, in order.
///
/// The JSON is not parsed. A hit that exceeds [`MAX_PACKED_BYTES`] on its own gets a message of its own.
#[must_use]
pub fn pack<'a>(hits: impl IntoIterator<Item = &'a str>) -> Vec<Packed> {
    let mut messages: Vec<Packed> = Vec::new();
    for (index, hit) in hits.into_iter().enumerate() {
        match messages.last_mut().filter(|message| fits(message, hit)) {
            Some(message) => {
                message.body.push(',');
                message.body.push_str(hit);
                message.hits.end = index.saturating_add(1);
            }
            None => messages.push(Packed {
                body: format!("{{\"format\":{FORMAT},\"hits\":[{hit}"),
                hits: index..index.saturating_add(1),
            }),
        }
    }
    for message in &mut messages {
        message.body.push_str("]}");
    }
    messages
}

/// With its comma and the closing brackets.
fn fits(message: &Packed, hit: &str) -> bool {
    let bytes = message.body.len().saturating_add(hit.len()).saturating_add(3);
    message.hits.len() < MAX_PACKED && bytes <= MAX_PACKED_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_hits_fill_a_message() {
        let messages = pack(std::iter::repeat_n("{}", 250));
        let ranges: Vec<_> = messages.iter().map(|message| message.hits.clone()).collect();
        assert_eq!(ranges, [0..100, 100..200, 200..250]);
        let body: serde_json::Value = serde_json::from_str(&messages[2].body).unwrap();
        assert_eq!(
            (body["format"].as_u64(), body["hits"].as_array().unwrap().len()),
            (Some(1), 50)
        );
    }

    #[test]
    fn no_message_exceeds_the_bytes_unless_one_hit_does() {
        let hits: Vec<_> = (0..30).map(|n| format!("\"{}\"", "x".repeat(n * 500))).collect();
        let messages = pack(hits.iter().map(String::as_str));
        assert!(
            messages.len() > 1
                && messages
                    .iter()
                    .all(|message| message.body.len() <= MAX_PACKED_BYTES)
        );
        assert_eq!(
            messages.iter().map(|message| message.hits.len()).sum::<usize>(),
            30
        );
        let huge = format!("\"{}\"", "x".repeat(MAX_PACKED_BYTES));
        assert_eq!(pack(["{}", huge.as_str(), "{}"]).len(), 3);
        assert!(pack([]).is_empty());
    }
}
