//! Alerts as Telegram and Sentry get them.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use marquee_core::adapters::sentry::Sentry;
use marquee_core::adapters::telegram::Telegram;
use marquee_core::platform::alerts::{AlertSink, Severity, TellError, Telling};
use marquee_tests::{AlertReceiver, ManualClock, Reply};
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

/// Long enough for an answer on a machine that does other things, too.
const PATIENCE: Duration = Duration::from_secs(3);

fn telling() -> Telling {
    let order = "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11";
    Telling {
        alert: Uuid::from_u128(7),
        code: "payments.capture_failed".to_owned(),
        severity: Severity::Serious,
        title: "A gateway refuses to capture".to_owned(),
        subject: "sandbox".to_owned(),
        detail: "the gateway refuses to capture: see `marquee payments show p1`".to_owned(),
        about: [("order", order), ("request", "req-12345678")]
            .map(|(what, id)| (what.to_owned(), id.to_owned()))
            .into(),
        times: 37,
        since: ManualClock::START,
        last_at: ManualClock::START + time::Duration::minutes(9),
        told_before: 1,
        links: vec![
            ("alert", "https://api.acme.test/v1/alerts/7".to_owned()),
            (
                "runbook",
                "https://docs.acme.test/alerts#paymentscapture_failed".to_owned(),
            ),
        ],
    }
}

fn sinks(receiver: &AlertReceiver) -> [Arc<dyn AlertSink>; 2] {
    let dsn = receiver.dsn().parse().unwrap();
    [
        Arc::new(Telegram::with_timeout(&receiver.telegram(), "production", PATIENCE).unwrap()),
        Arc::new(Sentry::with_timeout(&dsn, "production", PATIENCE).unwrap()),
    ]
}

#[tokio::test]
async fn telegram_gets_what_happened_how_often_and_where_to_look() {
    let receiver = AlertReceiver::start().await;
    let [telegram, _] = sinks(&receiver);

    telegram.tell(&telling()).await.unwrap();

    let received = receiver.take().remove(0);
    assert_eq!(received.path, format!("/bot{}/sendMessage", AlertReceiver::TOKEN));
    let body = received.json();
    assert_eq!(
        (&body["chat_id"], &body["link_preview_options"]["is_disabled"]),
        (&"-1001".into(), &true.into())
    );
    insta::assert_snapshot!(body["text"].as_str().unwrap(), @r"
    [production] payments.capture_failed: A gateway refuses to capture
    sandbox ×37 in 10 min, 1 before
    the gateway refuses to capture: see `marquee payments show p1`
    order 0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11
    request req-12345678
    alert: https://api.acme.test/v1/alerts/7
    runbook: https://docs.acme.test/alerts#paymentscapture_failed
    ");
    assert!(telegram.wants(Severity::Serious) && !telegram.wants(Severity::Warning));
}

#[tokio::test]
async fn telegram_gets_no_more_than_a_message_may_have() {
    let receiver = AlertReceiver::start().await;
    let [telegram, _] = sinks(&receiver);
    let long = Telling {
        detail: "é".repeat(10_000),
        times: 1,
        told_before: 0,
        links: vec![],
        ..telling()
    };

    telegram.tell(&long).await.unwrap();

    let body = receiver.take().remove(0).json();
    let text = body["text"].as_str().unwrap();
    assert!(text.chars().count() < 4_096);
    assert!(text.ends_with("runbook: marquee alerts explain payments.capture_failed"));
    assert!(!text.contains('×'), "once is nothing to say");
}

#[tokio::test]
async fn sentry_gets_an_event_that_its_own_parser_reads() {
    let receiver = AlertReceiver::start().await;
    let [_, sentry] = sinks(&receiver);

    for _ in 0..2 {
        sentry.tell(&telling()).await.unwrap();
    }

    let [first, again] = &receiver.take()[..] else {
        panic!("two came");
    };
    assert_eq!(first.body, again.body, "told again it has the same id");
    assert_eq!(first.path, "/api/42/envelope/");
    let auth = first.headers["x-sentry-auth"].to_str().unwrap();
    let key = format!("Sentry sentry_key={}, sentry_version=7, ", AlertReceiver::KEY);
    assert!(auth.starts_with(&key), "{auth}");
    let parsed = sentry_types::protocol::v7::Envelope::from_slice(first.body.as_bytes()).unwrap();
    let event = parsed.event().unwrap();
    assert_eq!(event.tags["order"], "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11");
    insta::assert_json_snapshot!(first.envelope());
}

#[tokio::test]
async fn a_place_that_is_busy_says_when_to_come_again() {
    let receiver = AlertReceiver::start().await;
    for sink in sinks(&receiver) {
        receiver.answer([Reply::ComeAgainIn(42), Reply::Status(429)]);
        let told = sink.tell(&telling()).await;
        assert!(
            matches!(&told, Err(TellError::Later { again_in, .. }) if again_in.as_secs() == 42),
            "{}: {told:?}",
            sink.name()
        );
        let told = sink.tell(&telling()).await;
        assert!(
            matches!(told, Err(TellError::Later { .. })),
            "{}: {told:?}",
            sink.name()
        );
    }
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a12_whatever_goes_wrong_neither_error_nor_log_has_the_token_or_the_key() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let receiver = AlertReceiver::start().await;
    let nowhere = AlertReceiver::start().await;
    let [telegram, sentry] = sinks(&receiver);
    let mut away = nowhere.telegram();
    away.api_url = "http://127.0.0.1:9/".parse().unwrap();
    let away: Arc<dyn AlertSink> = Arc::new(Telegram::new(&away, "production").unwrap());

    let mut errors = Vec::new();
    for (sink, reply) in [
        (&telegram, Some(Reply::Status(500))),
        (&telegram, Some(Reply::Status(401))),
        (&telegram, Some(Reply::Never)),
        (&sentry, Some(Reply::Status(503))),
        (&sentry, Some(Reply::Never)),
        (&away, None),
    ] {
        receiver.answer(reply);
        match sink.tell(&telling()).await {
            Err(TellError::Failed(why)) => errors.push(why),
            told => panic!("{}, {reply:?}: {told:?}", sink.name()),
        }
    }

    assert_eq!(
        errors[..5],
        [
            "500 Internal Server Error: something is wrong",
            "401 Unauthorized: something is wrong",
            "no answer in time",
            "503 Service Unavailable",
            "no answer in time",
        ]
    );
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap() + &errors.join("\n");
    for secret in [AlertReceiver::TOKEN, "AAHdqTcvCH1vGWJx", AlertReceiver::KEY] {
        assert!(!said.contains(secret), "{secret} is told");
    }
}

#[tokio::test]
async fn whether_alerts_would_arrive_is_seen_and_nobody_is_told() {
    let receiver = AlertReceiver::start().await;
    let [telegram, sentry] = sinks(&receiver);

    assert_eq!(telegram.check().await.unwrap(), "@marquee_bot writes to On call");
    assert_eq!(
        sentry.check().await.unwrap(),
        "127.0.0.1 answers; `marquee alerts test` shows whether it knows the key"
    );

    let received = receiver.take();
    let [me, chat, empty] = &received[..] else {
        panic!("{received:?}");
    };
    let of = |method: &str| format!("/bot{}/{method}", AlertReceiver::TOKEN);
    assert_eq!((&me.path, &chat.path), (&of("getMe"), &of("getChat")));
    assert_eq!(chat.json()["chat_id"], "-1001");
    assert_eq!(empty.path, "/api/42/envelope/");
    assert!(empty.headers.contains_key("x-sentry-auth"));
    let parsed = sentry_types::protocol::v7::Envelope::from_slice(empty.body.as_bytes()).unwrap();
    assert_eq!(parsed.items().count(), 0, "nothing is shown to anybody");
}

#[tokio::test]
async fn a_place_that_would_not_be_told_says_why_without_a_secret() {
    let receiver = AlertReceiver::start().await;
    let [telegram, sentry] = sinks(&receiver);
    for (sink, reply, why) in [
        (
            &telegram,
            Reply::Status(401),
            "getMe: 401 Unauthorized: something is wrong",
        ),
        (&telegram, Reply::Never, "no answer in time"),
        (&sentry, Reply::Status(403), "127.0.0.1 answers 403 Forbidden"),
        (&sentry, Reply::Never, "no answer in time"),
    ] {
        receiver.answer([reply]);
        let told = format!("{:#}", sink.check().await.unwrap_err());
        assert_eq!(told, why, "{}", sink.name());
    }
    receiver.answer([Reply::Status(429)]);
    sentry.check().await.expect("who is asked to come later is known");
}
