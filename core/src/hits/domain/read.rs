use marquee_shared::hit::{FORMAT, Hit};
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::{MAX_MESSAGE_BYTES, Reason, Record, Refused};

/// What one message holds, each hit judged by itself: a bad one takes none of its neighbours along.
/// A message that cannot be taken apart is one refusal.
pub(in crate::hits) fn read(body: &[u8], now: OffsetDateTime) -> Vec<Result<Record, Refused>> {
    if body.len() > MAX_MESSAGE_BYTES {
        let detail = format!("{} bytes, at most {MAX_MESSAGE_BYTES}", body.len());
        return vec![Err(Refused::new(Reason::TooLarge, detail, body))];
    }
    // Nearly every message is good; then one pass over it is enough.
    if let Some(records) = read_good(body, now) {
        return records.into_iter().map(Ok).collect();
    }
    match unpack(body) {
        Ok(hits) => hits.into_iter().map(|hit| read_hit(hit.get(), now)).collect(),
        Err(refused) => vec![Err(refused)],
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Packed<T> {
    format: u32,
    hits: Vec<T>,
}

fn read_good(body: &[u8], now: OffsetDateTime) -> Option<Vec<Record>> {
    let packed: Packed<Hit> = serde_json::from_slice(body).ok()?;
    if packed.format != FORMAT {
        return None;
    }
    packed
        .hits
        .into_iter()
        .map(|hit| Record::check(hit, now).ok())
        .collect()
}

fn unpack(body: &[u8]) -> Result<Vec<&RawValue>, Refused> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let Format { format } =
        serde_json::from_slice(body).map_err(|error| Refused::new(Reason::Unreadable, error, body))?;
    if format != FORMAT {
        return Err(Refused::new(
            Reason::UnknownFormat,
            format!("format {format}, we know {FORMAT}"),
            body,
        ));
    }
    let packed: Packed<&RawValue> =
        serde_json::from_slice(body).map_err(|error| Refused::new(Reason::Unreadable, error, body))?;
    Ok(packed.hits)
}

fn read_hit(json: &str, now: OffsetDateTime) -> Result<Record, Refused> {
    let hit =
        serde_json::from_str(json).map_err(|error| Refused::new(Reason::NotAHit, error, json.as_bytes()))?;
    Record::check(hit, now).map_err(|(reason, detail)| Refused::new(reason, detail, json.as_bytes()))
}
