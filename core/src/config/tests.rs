use clap::builder::Resettable;
use clap::{CommandFactory, Parser};
use secrecy::ExposeSecret as _;

use super::data_keys::LOCAL_DATA_KEY;
use super::mail::{LOCAL_FROM, LOCAL_STAFF};
use super::settings::{LOCAL_DATABASE_URL, LOCAL_KV_URL, LOCAL_QUEUE_URL};
use super::signing_keys::LOCAL_SIGNING_KEY;
use super::*;
use crate::platform::mail::Mailbox;

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    _settings: Settings,
}

/// Flags alone: whatever is in the developer's environment must not matter.
fn validate(flags: &[&str]) -> Result<Config, String> {
    let command = Flags::command().mut_args(|arg| arg.env(Resettable::Reset));
    let matches = command.get_matches_from(std::iter::once("test").chain(flags.iter().copied()));
    Settings::read(&matches).map_err(|error| error.to_string())
}

/// Everything that production needs.
const PRODUCTION: [&str; 30] = [
    "--env=production",
    "--database-url",
    "postgres://marquee:hunter2@db.internal/marquee",
    "--base-url",
    "https://api.marquee.test",
    "--signing-key",
    "k2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8,k1:HwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4",
    "--data-keys",
    "d1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    "--cloudflare-api-url",
    "https://api.cloudflare.com/client/v4",
    "--cloudflare-api-token",
    "t0ken",
    "--cloudflare-account-id",
    "acc",
    "--cloudflare-kv-namespace-id",
    "ns",
    "--sqs-queue-url",
    "https://sqs.us-east-1.amazonaws.com/1/hits",
    "--smtp-url",
    "smtps://marquee:m4il@smtp.acme.test",
    "--mail-from",
    "Marquee <no-reply@marquee.test>",
    "--staff-email",
    "ana@marquee.test, bia@marquee.test",
    "--site-url",
    "https://www.marquee.test",
    "--storage-url=s3://marquee-files/production",
    "--gateway=none",
    "--pool-size=8",
];

/// [`PRODUCTION`] with one value replaced, or with `None` left out.
fn production_but(flag: &str, value: Option<&str>) -> Result<Config, String> {
    let at = PRODUCTION.iter().position(|known| *known == flag).unwrap();
    let mut flags = PRODUCTION.to_vec();
    match value {
        Some(value) => flags[at + 1] = value,
        None => drop(flags.drain(at..at + 2)),
    }
    validate(&flags)
}

#[test]
fn a_developers_machine_needs_no_settings() {
    let config = validate(&["--env=local"]).unwrap();

    assert!(config.is_local());
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.signing_keys.as_slice()[0].0, "local-1");
}

#[test]
fn production_with_everything_starts_and_signs_with_both_keys() {
    let config = validate(&PRODUCTION).unwrap();

    let ids: Vec<_> = config
        .signing_keys
        .as_slice()
        .iter()
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(ids, ["k2", "k1"]);
    assert!(config.sqs.endpoint_url.is_none());
}

#[test]
fn outside_local_a_missing_setting_is_named_with_its_remedy() {
    for (flag, variable) in [
        ("--database-url", "DATABASE_URL"),
        ("--base-url", "MARQUEE_BASE_URL"),
        ("--signing-key", "MARQUEE_SIGNING_KEY"),
        ("--data-keys", "MARQUEE_DATA_KEYS"),
        ("--cloudflare-api-url", "CLOUDFLARE_API_URL"),
        ("--cloudflare-api-token", "CLOUDFLARE_API_TOKEN"),
        ("--cloudflare-account-id", "CLOUDFLARE_ACCOUNT_ID"),
        ("--cloudflare-kv-namespace-id", "CLOUDFLARE_KV_NAMESPACE_ID"),
        ("--sqs-queue-url", "SQS_QUEUE_URL"),
        ("--smtp-url", "SMTP_URL"),
        ("--mail-from", "MAIL_FROM"),
        ("--staff-email", "STAFF_EMAIL"),
    ] {
        let message = production_but(flag, None).unwrap_err();
        assert!(
            message.starts_with(&format!("{variable} is not set: ")),
            "{message}"
        );
    }
    assert!(validate(&[]).unwrap_err().starts_with("MARQUEE_ENV is not set"));
}

#[test]
fn mailed_links_lead_here_unless_the_pages_are_elsewhere() {
    let here = production_but("--site-url", None).unwrap();
    assert_eq!(here.page("sign-in"), format!("{}sign-in", here.base_url));
    let elsewhere = validate(&PRODUCTION).unwrap();
    assert_eq!(elsewhere.page("sign-in"), "https://www.marquee.test/sign-in");
}

#[test]
fn outside_local_development_values_are_refused() {
    for (flag, value) in [
        ("--database-url", LOCAL_DATABASE_URL),
        ("--signing-key", LOCAL_SIGNING_KEY),
        ("--data-keys", LOCAL_DATA_KEY),
        ("--cloudflare-api-url", LOCAL_KV_URL),
        ("--cloudflare-api-token", "local"),
        ("--sqs-queue-url", LOCAL_QUEUE_URL),
        ("--mail-from", LOCAL_FROM),
        ("--staff-email", LOCAL_STAFF),
    ] {
        let message = production_but(flag, Some(value)).unwrap_err();
        assert!(message.contains("development value"), "{flag}: {message}");
    }
    let hidden = format!("{},{LOCAL_SIGNING_KEY}", PRODUCTION[6]);
    assert!(
        production_but("--signing-key", Some(&hidden))
            .unwrap_err()
            .contains("development value")
    );
}

#[test]
fn faults_are_for_local_environments() {
    let armed = validate(&["--env=local", "--fault=redirects.sync.after_blobs:2"])
        .unwrap()
        .fault;
    assert_eq!(
        armed,
        Some(Fault {
            point: "redirects.sync.after_blobs".to_owned(),
            pass: 2
        })
    );

    let mut flags = PRODUCTION.to_vec();
    flags.push("--fault=x:1");
    assert!(validate(&flags).unwrap_err().starts_with("MARQUEE_FAULT"));
    for bad in ["x", "x:0", ":1", "x:-1", "x:y"] {
        assert!(
            validate(&["--env=local", "--fault", bad])
                .unwrap_err()
                .contains("name:n"),
            "{bad}"
        );
    }
}

#[test]
fn webhooks_go_to_private_addresses_in_local_environments_only() {
    assert!(
        validate(&["--env=local", "--webhooks-to-private"])
            .unwrap()
            .webhooks_to_private
    );
    assert!(!validate(&["--env=local"]).unwrap().webhooks_to_private);

    let mut flags = PRODUCTION.to_vec();
    flags.push("--webhooks-to-private");
    assert!(
        validate(&flags)
            .unwrap_err()
            .starts_with("MARQUEE_WEBHOOKS_TO_PRIVATE")
    );
}

#[test]
fn bad_signing_keys_are_refused_without_being_repeated() {
    let seed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    for bad in [
        seed,
        "k1:short",
        "k1:!!!",
        &format!(":{seed}"),
        &format!("k1:{seed},k1:{seed}"),
        "k1:",
    ] {
        let message = production_but("--signing-key", Some(bad)).unwrap_err();
        assert!(message.starts_with("MARQUEE_SIGNING_KEY: key "), "{message}");
        assert!(!message.contains(seed) && !message.contains("short"), "{message}");
    }
}

#[test]
fn mail_goes_through_a_server_with_tls_or_on_a_developers_machine_into_files() {
    let url = |config: Config| match config.mail.to {
        MailTo::Smtp(url) => url.expose_secret().to_owned(),
        MailTo::Files(folder) => folder.display().to_string(),
    };
    assert_eq!(url(validate(&["--env=local"]).unwrap()), ".local/mail");
    for (given, used) in [
        ("smtps://a:b@smtp.acme.test", "smtps://a:b@smtp.acme.test"),
        ("smtp://smtp.acme.test", "smtp://smtp.acme.test?tls=required"),
        (
            "smtp://smtp.acme.test:2525?tls=opportunistic",
            "smtp://smtp.acme.test:2525?tls=required",
        ),
    ] {
        assert_eq!(url(production_but("--smtp-url", Some(given)).unwrap()), used);
    }
    let local = validate(&["--env=local", "--smtp-url", "smtp://127.0.0.1:2525"]).unwrap();
    assert_eq!(url(local), "smtp://127.0.0.1:2525");

    for bad in ["https://a:s3cret@x", "smtp:s3cret", "s3cret"] {
        let message = production_but("--smtp-url", Some(bad)).unwrap_err();
        assert!(message.starts_with("SMTP_URL: "), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
    let staff = validate(&PRODUCTION).unwrap().mail.staff;
    let addresses: Vec<&str> = staff.iter().map(Mailbox::address).collect();
    assert_eq!(addresses, ["ana@marquee.test", "bia@marquee.test"]);
    assert!(
        production_but("--staff-email", Some("ana@marquee.test,,"))
            .unwrap_err()
            .starts_with("STAFF_EMAIL: `` is no mail address")
    );
}

#[test]
fn a_time_zone_is_one_of_the_calendars() {
    let message = validate(&["--env=local", "--zone", "America/Atlantis"]).unwrap_err();
    assert!(
        message.starts_with("MARQUEE_ZONE: there is no time zone `America/Atlantis`"),
        "{message}"
    );
}

#[test]
fn a12_secrets_do_not_show_in_debug() {
    let shown = format!("{:?}", validate(&PRODUCTION).unwrap());
    for secret in ["hunter2", "t0ken", "AAECAwQF", "m4il"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("k2"));
}

#[test]
fn files_are_in_a_folder_on_a_developers_machine_and_in_s3_elsewhere() {
    let local =
        |url: &str| validate(&["--env=local", &format!("--storage-url={url}")]).map(|config| config.storage);
    let folder = |path: &str| Ok(Storage::Folder(path.into()));
    assert_eq!(local(""), folder(".local/files"));
    assert_eq!(local("file:///srv/files"), folder("/srv/files"));
    assert_eq!(
        local("s3://bucket/a/b/"),
        Ok(Storage::S3 {
            bucket: "bucket".to_owned(),
            prefix: "a/b".to_owned()
        })
    );
    for wrong in [
        "files",
        "https://bucket",
        "s3://",
        "s3://key@bucket",
        "s3://bucket?region=x",
    ] {
        assert!(local(wrong).unwrap_err().starts_with("STORAGE_URL: "), "{wrong}");
    }
    let production = |url: &str| {
        let mut flags: Vec<_> = PRODUCTION
            .iter()
            .filter(|flag| !flag.starts_with("--storage-url"))
            .copied()
            .collect();
        let url = format!("--storage-url={url}");
        flags.push(&url);
        validate(&flags).map(|config| config.storage)
    };
    assert!(production("").unwrap_err().starts_with("STORAGE_URL is not set"));
    assert!(
        production("file:///srv/files")
            .unwrap_err()
            .contains("MARQUEE_ENV=local")
    );
    assert!(production("s3://bucket").is_ok());
}

#[test]
fn the_sandbox_is_for_developers_and_elsewhere_a_gateway_must_be_named() {
    assert!(matches!(
        validate(&["--env=local"]).unwrap().gateway,
        GatewayChoice::Sandbox
    ));
    assert!(matches!(
        elsewhere("staging", &["--gateway=none"]),
        Ok(GatewayChoice::None)
    ));
    for (gateway, says) in [
        (&[][..], "GATEWAY is not set"),
        (&["--gateway=sandbox"], "is for MARQUEE_ENV=local"),
        (&["--gateway=piggybank"], "there is no gateway `piggybank`"),
    ] {
        let refused = elsewhere("production", gateway).unwrap_err();
        assert!(refused.contains(says), "{refused}");
    }
}

/// Everything but a gateway, and these.
fn elsewhere(env: &str, flags: &[&str]) -> Result<GatewayChoice, String> {
    let env = format!("--env={env}");
    let unnamed = PRODUCTION.into_iter();
    let unnamed = unnamed.filter(|flag| *flag != "--gateway=none" && !flag.starts_with("--env="));
    let flags: Vec<_> = unnamed
        .chain([env.as_str()])
        .chain(flags.iter().copied())
        .collect();
    validate(&flags).map(|config| config.gateway)
}

fn stripe(env: &str, flags: &[&str]) -> Result<Stripe, String> {
    let pages = if flags.iter().any(|flag| flag.contains("_live_")) {
        "--stripe-publishable-key=pk_live_1"
    } else {
        "--stripe-publishable-key=pk_test_1"
    };
    stripe_with_pages(env, flags, &[pages])
}

fn stripe_with_pages(env: &str, flags: &[&str], pages: &[&str]) -> Result<Stripe, String> {
    match elsewhere(env, &[&["--gateway=stripe"], flags, pages].concat())? {
        GatewayChoice::Stripe(stripe) => Ok(stripe),
        other => panic!("{other:?}"),
    }
}

#[test]
fn stripe_needs_a_key_of_the_right_kind_and_secrets() {
    const LIVE: &str = "--stripe-secret-key=sk_live_1";
    const TEST: &str = "--stripe-secret-key=rk_test_1";
    const SECRETS: &str = "--stripe-webhook-secrets=whsec_new, whsec_old";
    let live = stripe("production", &[LIVE, SECRETS]).unwrap();
    assert_eq!((live.is_live(), live.webhook_secrets.len()), (true, 2));
    assert_eq!(live.api_url.as_str(), "https://api.stripe.com/");
    assert!(!stripe("staging", &[TEST, SECRETS]).unwrap().is_live());
    let local = [TEST, SECRETS, "--stripe-api-url=http://127.0.0.1:1"];
    assert!(stripe("local", &local).is_ok());
    for (env, flags, says) in [
        ("production", &[SECRETS][..], "STRIPE_SECRET_KEY is not set"),
        ("production", &[LIVE], "STRIPE_WEBHOOK_SECRETS is not set"),
        ("local", &[TEST], "STRIPE_WEBHOOK_SECRETS is not set"),
        (
            "production",
            &[LIVE, "--stripe-webhook-secrets=whsec_new,"],
            "one of them is no whsec_",
        ),
        (
            "production",
            &["--stripe-secret-key=pk_live_1", SECRETS],
            "it begins with none of",
        ),
        ("production", &[TEST, SECRETS], "it is of test mode"),
        ("local", &[LIVE, SECRETS], "it moves real money"),
        (
            "staging",
            &[TEST, SECRETS, "--stripe-api-url=http://127.0.0.1:1"],
            "only where MARQUEE_ENV is local",
        ),
    ] {
        let refused = stripe(env, flags).unwrap_err();
        assert!(refused.contains(says), "{refused}");
    }
}

#[test]
fn pages_ask_for_cards_by_a_publishable_key_of_the_secret_ones_mode() {
    const LIVE: [&str; 2] = [
        "--stripe-secret-key=sk_live_1",
        "--stripe-webhook-secrets=whsec_new",
    ];
    let refused = stripe_with_pages("production", &LIVE, &[]).unwrap_err();
    assert!(
        refused.starts_with("MARQUEE_STRIPE_PUBLISHABLE_KEY is not set"),
        "{refused}"
    );
    for wrong in ["pk_test_1", "sk_live_hunter2", "pk_live_\"><script>"] {
        let flag = format!("--stripe-publishable-key={wrong}");
        let refused = stripe_with_pages("production", &LIVE, &[&flag]).unwrap_err();
        assert!(refused.contains("it is no pk_live_"), "{refused}");
        assert!(!refused.contains(wrong), "{refused}");
    }
    let fine = stripe("production", &LIVE).unwrap();
    assert_eq!(fine.publishable_key, "pk_live_1");
}

#[test]
fn every_setting_is_shown_with_what_it_does_and_where_it_comes_from() {
    let shown = validate(&["--env=local", "--pool-size=3", "--smtp-url="])
        .unwrap()
        .settings;
    let of = |name: &str| shown.iter().find(|setting| setting.name == name).unwrap().clone();
    for setting in &shown {
        assert!(!setting.about.is_empty(), "{}", setting.name);
        assert!(
            !setting.is_secret || (setting.value.is_none() && setting.default.is_none()),
            "{setting:?}"
        );
    }
    let pool = of("MARQUEE_POOL_SIZE");
    assert_eq!(
        (pool.value.as_deref(), pool.default.as_deref(), pool.source),
        (Some("3"), Some("16"), Source::Flag)
    );
    for (name, value) in [
        ("MARQUEE_LOG", "info"),
        ("GATEWAY", "sandbox"),
        ("STORAGE_URL", ".local/files"),
        ("MARQUEE_SITE_URL", "http://127.0.0.1:8080/"),
        ("SQS_ENDPOINT_URL", "http://127.0.0.1:4566"),
    ] {
        let setting = of(name);
        assert_eq!(
            (setting.value.as_deref(), setting.source),
            (Some(value), Source::Default),
            "{name}"
        );
    }
    for (name, is_set, source) in [
        ("DATABASE_URL", true, Source::Default),
        ("SMTP_URL", false, Source::None),
        ("STRIPE_SECRET_KEY", false, Source::None),
    ] {
        let setting = of(name);
        assert_eq!(
            (setting.is_secret, setting.is_set, setting.source),
            (true, is_set, source),
            "{name}"
        );
    }
}

const BOT: [&str; 5] = [
    "--env=local",
    "--telegram-bot-token",
    "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    "--telegram-chat",
    "-1001234567890",
];

#[test]
fn alerts_are_only_logged_unless_somebody_wants_them() {
    let alerts = validate(&["--env=local", "--telegram-chat=", "--sentry-dsn="])
        .unwrap()
        .alerts;
    assert!(alerts.telegram.is_none() && alerts.sentry.is_none());

    let alerts = validate(&BOT).unwrap().alerts;
    let telegram = alerts.telegram.unwrap();
    assert_eq!(telegram.chat, "-1001234567890");
    assert_eq!(telegram.api_url.as_str(), "https://api.telegram.org/");
    let dsn = [
        "--env=local",
        "--sentry-dsn",
        "https://0123abcd@sentry.acme.test/42",
    ];
    let sentry = validate(&dsn).unwrap().alerts.sentry.unwrap();
    assert_eq!(
        sentry.envelope_api_url().as_str(),
        "https://sentry.acme.test/api/42/envelope/"
    );
}

#[test]
fn a_bot_or_a_dsn_that_cannot_be_is_told_without_its_secret() {
    let refused = |flags: &[&str]| validate(&[&["--env=local"], flags].concat()).unwrap_err();
    for (message, says) in [
        (refused(&BOT[1..3]), "MARQUEE_TELEGRAM_CHAT: it is not set"),
        (refused(&BOT[3..]), "MARQUEE_TELEGRAM_BOT_TOKEN: it is not set"),
        (
            refused(&["--telegram-bot-token", "hunter2", "--telegram-chat", "1"]),
            "MARQUEE_TELEGRAM_BOT_TOKEN: it is no token",
        ),
        (
            refused(&["--telegram-bot-token", BOT[2], "--telegram-chat", "ops"]),
            "MARQUEE_TELEGRAM_CHAT: it is neither",
        ),
        (
            refused(&["--sentry-dsn", "https://sentry.acme.test/hunter2"]),
            "MARQUEE_SENTRY_DSN: ",
        ),
    ] {
        assert!(message.starts_with(says), "{message}");
        assert!(
            !message.contains("hunter2") && !message.contains("AAHd"),
            "{message}"
        );
    }
    let mut flags = PRODUCTION.to_vec();
    flags.extend(["--sentry-dsn", "http://0123abcd@sentry.acme.test/42"]);
    assert_eq!(
        validate(&flags).unwrap_err(),
        "MARQUEE_SENTRY_DSN: begin it with https"
    );
}

#[test]
fn traces_go_nowhere_unless_somebody_says_where() {
    assert!(validate(&["--env=local"]).unwrap().traces.is_none());
    assert!(
        validate(&["--env=local", "--otlp-endpoint="])
            .unwrap()
            .traces
            .is_none()
    );
    let flags = [
        "--env=local",
        "--otlp-endpoint=http://127.0.0.1:4318",
        "--trace-ratio=0.1",
    ];
    let traces = validate(&flags).unwrap().traces.unwrap();
    assert_eq!((traces.endpoint.port(), traces.ratio), (Some(4318), 0.1));

    for (flag, says) in [
        ("--trace-ratio=1.5", "MARQUEE_TRACE_RATIO: 1.5 is no part of all"),
        (
            "--otlp-endpoint=localhost:4317",
            "MARQUEE_OTLP_ENDPOINT: begin it with http",
        ),
    ] {
        let message = validate(&["--env=local", flag]).unwrap_err();
        assert!(message.starts_with(says), "{message}");
    }
}
