//! The log consumer: hits from Cloudflare's queue to SQS, packed, signed, and acknowledged one by one.
//!
//! Deployed as a Worker of its own, so that the one which answers visitors holds no AWS key.

use marquee_shared::hit::{Packed, pack};
use miniserde::{Deserialize, json};
use serde::Serialize;

use crate::sigv4::{Credentials, Signing, amz_date};

/// Entries of one `SendMessageBatch`, at most, and their bytes: AWS's limits.
const MAX_ENTRIES: usize = 10;
const MAX_BATCH_BYTES: usize = 256 << 10;

/// Where hits go.
pub struct Destination {
    pub queue_url: String,
    pub region: String,
    pub credentials: Credentials,
}

/// One request to SQS, ready to be sent.
pub struct Call {
    pub url: String,
    /// Names and values by turns.
    pub headers: Vec<String>,
    pub body: String,
    /// The packed messages inside, by their entries' ids.
    pub packed: Vec<usize>,
}

/// What becomes of the queue messages whose hits were in a packed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// SQS has them.
    Acknowledged,
    /// SQS is busy or gone: soon again.
    Retry,
    /// Somebody must first repair a key, a policy or a clock: rarely again, until Cloudflare gives up and keeps
    /// them in the dead letter queue.
    Refused,
}

/// The hits of a batch, one a line in each message, packed; and for each pack the messages it has hits of.
#[must_use]
pub fn plan(messages: &[String]) -> Vec<(Packed, std::ops::RangeInclusive<usize>)> {
    let hits: Vec<(usize, &str)> = messages
        .iter()
        .enumerate()
        .flat_map(|(at, message)| {
            message
                .lines()
                .filter(|line| !line.is_empty())
                .map(move |line| (at, line))
        })
        .collect();
    let owner = |hit: usize| hits.get(hit).map_or(0, |(message, _)| *message);
    pack(hits.iter().map(|(_, line)| *line))
        .into_iter()
        .map(|packed| {
            let owners = owner(packed.hits.start)..=owner(packed.hits.end.saturating_sub(1));
            (packed, owners)
        })
        .collect()
}

/// The packed messages in as few requests as SQS allows, signed for this moment.
#[must_use]
pub fn calls<'a>(bodies: impl Iterator<Item = &'a str>, to: &Destination, now_ms: i64) -> Vec<Call> {
    let mut batches: Vec<(usize, Vec<(usize, &str)>)> = Vec::new();
    for (at, body) in bodies.enumerate() {
        match batches.last_mut() {
            Some((bytes, batch))
                if batch.len() < MAX_ENTRIES && bytes.saturating_add(body.len()) <= MAX_BATCH_BYTES =>
            {
                *bytes = bytes.saturating_add(body.len());
                batch.push((at, body));
            }
            _ => batches.push((body.len(), vec![(at, body)])),
        }
    }
    batches
        .into_iter()
        .map(|(_, batch)| call(&batch, to, now_ms))
        .collect()
}

fn call(batch: &[(usize, &str)], to: &Destination, now_ms: i64) -> Call {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Entry<'a> {
        id: String,
        message_body: &'a str,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct SendMessageBatch<'a> {
        queue_url: &'a str,
        entries: Vec<Entry<'a>>,
    }
    let entries = batch
        .iter()
        .map(|(at, body)| Entry {
            id: at.to_string(),
            message_body: body,
        })
        .collect();
    // Strings and numbers always serialize.
    let body = serde_json::to_string(&SendMessageBatch {
        queue_url: &to.queue_url,
        entries,
    })
    .unwrap_or_default();

    let (scheme, rest) = to.queue_url.split_once("://").unwrap_or(("https", &to.queue_url));
    let authority = rest.split('/').next().unwrap_or_default();
    let at = amz_date(now_ms);
    let mut headers = vec![
        ("content-type", "application/x-amz-json-1.0"),
        ("host", authority),
        ("x-amz-date", &at),
        ("x-amz-target", "AmazonSQS.SendMessageBatch"),
    ];
    let signing = Signing {
        method: "POST",
        path: "/",
        headers: &headers,
        body: body.as_bytes(),
        region: &to.region,
        service: "sqs",
        at: &at,
    };
    let authorization = signing.authorization(&to.credentials);
    // The runtime sets `host` itself, from the URL.
    headers.retain(|(name, _)| *name != "host");
    headers.push(("authorization", &authorization));
    Call {
        url: format!("{scheme}://{authority}/"),
        headers: headers
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value.to_owned()])
            .collect(),
        body,
        packed: batch.iter().map(|(at, _)| *at).collect(),
    }
}

/// What SQS said, per packed message of a call, and a line for the log if something is wrong.
#[must_use]
pub fn fates(call: &Call, status: u16, body: &str) -> (Vec<(usize, Fate)>, Option<String>) {
    #[derive(Deserialize)]
    struct Failed {
        #[serde(rename = "Id")]
        id: String,
        #[serde(rename = "Code")]
        code: Option<String>,
        #[serde(rename = "SenderFault")]
        sender_fault: Option<bool>,
    }
    #[derive(Deserialize)]
    struct Done {
        #[serde(rename = "Id")]
        id: String,
    }
    #[derive(Deserialize)]
    struct Results {
        #[serde(rename = "Successful")]
        successful: Option<Vec<Done>>,
        #[serde(rename = "Failed")]
        failed: Option<Vec<Failed>>,
    }
    let all = |fate| call.packed.iter().map(|at| (*at, fate)).collect::<Vec<_>>();
    if status != 200 {
        let fate = if permanent(status, body) {
            Fate::Refused
        } else {
            Fate::Retry
        };
        return (
            all(fate),
            Some(format!("SQS answered {status}: {}", error_type(body))),
        );
    }
    let Ok(results) = json::from_str::<Results>(body) else {
        return (
            all(Fate::Retry),
            Some("SQS answered 200 with something unreadable".into()),
        );
    };
    let successful = results.successful.unwrap_or_default();
    let failed = results.failed.unwrap_or_default();
    let fate = |at: &usize| {
        let id = at.to_string();
        if successful.iter().any(|done| done.id == id) {
            Fate::Acknowledged
        } else if failed
            .iter()
            .any(|failed| failed.id == id && failed.sender_fault == Some(true))
        {
            Fate::Refused
        } else {
            Fate::Retry
        }
    };
    let log = failed.first().map(|first| {
        format!(
            "SQS refused {} of {} messages: {}",
            failed.len(),
            call.packed.len(),
            first.code.as_deref().unwrap_or_default()
        )
    });
    (call.packed.iter().map(|at| (*at, fate(at))).collect(), log)
}

/// Whether trying again soon is useless: our key, signature, clock, policy or queue is wrong.
fn permanent(status: u16, body: &str) -> bool {
    const THROTTLED: [&str; 3] = ["Throttl", "RequestLimitExceeded", "KmsThrottled"];
    (400..500).contains(&status)
        && !matches!(status, 408 | 429)
        && !THROTTLED.iter().any(|word| error_type(body).contains(word))
}

/// `com.amazonaws.sqs#InvalidClientTokenId`, or the beginning of whatever else was said.
fn error_type(body: &str) -> String {
    #[derive(Deserialize)]
    struct Error {
        #[serde(rename = "__type")]
        kind: String,
    }
    match json::from_str::<Error>(body) {
        Ok(error) => error.kind,
        Err(_) => body
            .chars()
            .filter(|letter| !letter.is_control())
            .take(120)
            .collect(),
    }
}

/// Seconds until a queue message of this age is tried again: about its age, so that the wait doubles, at least
/// 5 minutes where only a person can help, and at most an hour.
#[must_use]
pub fn delay_seconds(fate: Fate, age_ms: u64) -> i32 {
    let least = if fate == Fate::Refused { 300 } else { 2 };
    let seconds = (age_ms / 1_000).clamp(least, 3_600);
    i32::try_from(seconds).unwrap_or(3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(queue_url: &str) -> Destination {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI".into(),
        };
        Destination {
            queue_url: queue_url.into(),
            region: "us-east-1".into(),
            credentials,
        }
    }

    #[test]
    fn hits_of_many_messages_share_a_pack_and_are_traced_back() {
        let messages = [
            "{\"a\":1}\n{\"a\":2}".to_owned(),
            String::new(),
            "{\"a\":3}".to_owned(),
        ];
        let plan = plan(&messages);
        assert_eq!(plan.len(), 1);
        assert_eq!(plan[0].0.body, r#"{"format":1,"hits":[{"a":1},{"a":2},{"a":3}]}"#);
        assert_eq!(plan[0].1, 0..=2);
    }

    #[test]
    fn a_message_split_over_two_packs_belongs_to_both() {
        let messages = [vec!["{}"; 60].join("\n"), vec!["{}"; 60].join("\n")];
        let owners: Vec<_> = plan(&messages).into_iter().map(|(_, owners)| owners).collect();
        assert_eq!(owners, [0..=1, 1..=1]);
    }

    #[test]
    fn calls_keep_to_the_limits_of_sqs() {
        let to = destination("https://sqs.us-east-1.amazonaws.com/123456789012/hits");
        let body = "x".repeat(64_000);
        let calls = calls(std::iter::repeat_n(body.as_str(), 10), &to, 0);
        let sizes: Vec<_> = calls.iter().map(|call| call.packed.len()).collect();
        assert_eq!(sizes, [4, 4, 2]);
        assert_eq!(calls[0].url, "https://sqs.us-east-1.amazonaws.com/");
        let small = super::calls(std::iter::repeat_n("x", 23), &to, 0);
        assert_eq!(
            small.iter().map(|call| call.packed.len()).collect::<Vec<_>>(),
            [10, 10, 3]
        );
    }

    #[test]
    fn l03_only_the_failed_entries_of_a_batch_are_tried_again() {
        let to = destination("http://127.0.0.1:4566/000000000000/hits");
        let calls = calls(["a", "b", "c"].into_iter(), &to, 0);
        assert_eq!(calls[0].url, "http://127.0.0.1:4566/");
        let body = r#"{"Successful":[{"Id":"1","MessageId":"m"}],
            "Failed":[{"Id":"0","SenderFault":false,"Code":"InternalError"},{"Id":"2","SenderFault":true,"Code":"InvalidMessageContents"}]}"#;
        let (fates, log) = fates(&calls[0], 200, body);
        assert_eq!(
            fates,
            [(0, Fate::Retry), (1, Fate::Acknowledged), (2, Fate::Refused)]
        );
        assert!(log.is_some_and(|log| log.contains("InternalError")));
    }

    #[test]
    fn l04_a_refused_signature_is_permanent_and_a_throttle_is_not() {
        let to = destination("http://127.0.0.1:4566/000000000000/hits");
        let calls = calls(["a"].into_iter(), &to, 0);
        let fate = |status, body| fates(&calls[0], status, body).0[0].1;
        assert_eq!(
            fate(403, r#"{"__type":"com.amazonaws.sqs#InvalidClientTokenId"}"#),
            Fate::Refused
        );
        assert_eq!(
            fate(400, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}"#),
            Fate::Refused
        );
        assert_eq!(
            fate(400, r#"{"__type":"com.amazonaws.sqs#RequestThrottled"}"#),
            Fate::Retry
        );
        assert_eq!(fate(429, ""), Fate::Retry);
        assert_eq!(fate(503, "<html>"), Fate::Retry);
        assert_eq!(fate(200, "<html>"), Fate::Retry);
        assert!(delay_seconds(Fate::Refused, 0) >= 300);
        assert_eq!(delay_seconds(Fate::Retry, 60_000), 60);
        assert_eq!(delay_seconds(Fate::Refused, u64::MAX), 3_600);
    }
}
