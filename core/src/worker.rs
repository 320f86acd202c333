//! Who does what later: the one match from a job's name to the function that does it, who hears which event,
//! and what runs when.

use anyhow::bail;
use async_trait::async_trait;
use futures::future::join_all;

use crate::app::App;
use crate::hits;
use crate::platform::alerts;
use crate::platform::cron::Schedule;
use crate::platform::files;
use crate::platform::jobs::{Handler, Job, Kind, Role};
use crate::platform::mail::{self, Template};
use crate::platform::supervise::supervise;
use crate::platform::{bus, clock, cron, tidy};
use crate::redirects::events;
use crate::{accounts, books, catalogue, orders, payments, payouts, redirects, videos, webhooks};

/// What runs by the clock.
const SCHEDULES: &[Schedule] = &[
    Schedule::hourly(tidy::TIDY, 40),
    Schedule::hourly(alerts::jobs::WATCH, 10),
    Schedule::daily(mail::jobs::FORGET, 4),
    Schedule::hourly(accounts::jobs::FORGET, 20),
    Schedule::hourly(files::jobs::SWEEP, 50),
    Schedule::minutely(redirects::jobs::SYNC),
    Schedule::daily(redirects::jobs::CLEAN, 3),
    Schedule::minutely(redirects::jobs::RUN_REQUESTS),
    Schedule::minutely(redirects::jobs::WATCH),
    Schedule::hourly(hits::jobs::OPEN_PARTITIONS, 5),
    Schedule::hourly(hits::jobs::FORGET, 35),
    Schedule::minutely(hits::jobs::WATCH_CANARIES),
    Schedule::minutely(videos::jobs::EXPIRE),
    Schedule::minutely(payments::jobs::SWEEP),
    Schedule::minutely(payments::jobs::TEND),
    Schedule::daily(payments::jobs::FORGET, 5),
    Schedule::daily(payments::jobs::RECONCILE, 7),
    Schedule::minutely(orders::jobs::SWEEP),
    Schedule::hourly(orders::jobs::REMIND, 15),
    Schedule::hourly(orders::jobs::FORGET, 25),
    Schedule::daily(orders::jobs::SHRED, 5),
    // Morning in Sao Paulo.
    Schedule::daily(payouts::jobs::REMIND, 11),
    Schedule::daily(books::jobs::CHECK, 6),
    Schedule::minutely(webhooks::jobs::SWEEP),
    Schedule::daily(webhooks::jobs::FORGET, 5),
];

/// Event, and the jobs it asks for.
const SUBSCRIPTIONS: &[(&str, &[Kind])] = &[
    (events::PUBLISHED, &[webhooks::jobs::FAN_OUT]),
    (events::ROLLED_BACK, &[webhooks::jobs::FAN_OUT]),
    (events::CANARY_STARTED, &[webhooks::jobs::FAN_OUT]),
    (events::CANARY_PROMOTED, &[webhooks::jobs::FAN_OUT]),
    (events::CANARY_ABORTED, &[webhooks::jobs::FAN_OUT]),
    (events::MODE_CHANGED, &[webhooks::jobs::FAN_OUT]),
    (events::RETIRED, &[webhooks::jobs::FAN_OUT]),
    (events::MANIFEST_STALE, &[webhooks::jobs::FAN_OUT]),
    (videos::events::UPLOADED, &[orders::jobs::HEAR_VIDEO]),
    (videos::events::ACCEPTED, &[orders::jobs::HEAR_VIDEO]),
    (
        videos::events::PLAYABLE,
        &[catalogue::jobs::PRESENT, orders::jobs::HEAR_VIDEO],
    ),
    (videos::events::REFUSED, &[orders::jobs::HEAR_VIDEO]),
    (payments::events::AUTHORIZED, &[orders::jobs::HEAR_PAYMENT]),
    (payments::events::ACTION_REQUIRED, &[orders::jobs::HEAR_PAYMENT]),
    (payments::events::DECLINED, &[orders::jobs::HEAR_PAYMENT]),
    (payments::events::CAPTURED, &[orders::jobs::HEAR_PAYMENT]),
    (payments::events::CAPTURE_FAILED, &[orders::jobs::HEAR_PAYMENT]),
    (payments::events::VOIDED, &[orders::jobs::HEAR_PAYMENT]),
    (payments::events::LAPSED, &[orders::jobs::HEAR_PAYMENT]),
    (payments::events::REFUNDED, &[orders::jobs::HEAR_PAYMENT]),
];

/// Every template of a mail, by which a waiting one is found again.
const TEMPLATES: &[&Template] = &[
    &mail::TEST,
    &accounts::mails::CONFIRM_SIGN_UP,
    &accounts::mails::ALREADY_SIGNED_UP,
    &accounts::mails::INVITED_TO_STAFF,
    &accounts::mails::RESET_PASSWORD,
    &accounts::mails::PASSWORD_CHANGED,
    &accounts::mails::AGREE_TO_NEW_EMAIL,
    &accounts::mails::CONFIRM_NEW_EMAIL,
    &accounts::mails::EMAIL_CHANGED,
    &accounts::mails::SECOND_FACTOR_REMOVED,
    &catalogue::mails::ACCEPTED,
    &catalogue::mails::ALREADY_TALENT,
    &catalogue::mails::APPLICATION_RECEIVED,
    &catalogue::mails::APPLICATION_REJECTED,
    &catalogue::mails::APPLICATION_QUESTION,
    &catalogue::mails::APPLICATION_TO_STAFF,
    &catalogue::mails::APPLICATION_ANSWERED,
    &catalogue::mails::BANK_DETAILS_CHANGED,
    &orders::mails::OPENED,
    &orders::mails::DECLINED,
    &orders::mails::ENDED,
    &orders::mails::DELIVERED,
    &orders::mails::PAYMENT_DUE,
    &orders::mails::REFUNDED,
    &orders::mails::REDO_ASKED,
    &orders::mails::REDO_AGREED,
    &orders::mails::REDO_DECLINED,
    &orders::mails::REDONE,
    &orders::mails::TALENT_REDO,
    &orders::mails::TALENT_OPENED,
    &orders::mails::TALENT_REMINDED,
    &orders::mails::TALENT_ENDED,
    &orders::mails::TALENT_DELIVERED,
    &orders::mails::TALENT_VIDEO_REFUSED,
    &payouts::mails::PAID,
    &payouts::mails::REJECTED,
    &payouts::mails::TO_STAFF,
];

/// Does the job. Safe to call twice for the same job.
async fn run(app: &App, job: &Job) -> anyhow::Result<()> {
    match job.name.as_str() {
        "platform.send_mail" => mail::jobs::send(app, job).await,
        "platform.forget_mail" => mail::jobs::forget(app).await,
        "platform.remove_file" => files::jobs::remove(app, job).await,
        "platform.sweep_files" => files::jobs::sweep(app).await,
        "platform.tell_alert" => alerts::jobs::tell(app, job).await,
        "platform.watch_alerts" => alerts::jobs::watch(app).await,
        "platform.tidy" => tidy::tidy(app).await,
        "accounts.forget" => accounts::jobs::forget(app).await,
        "catalogue.present" => catalogue::jobs::present(app, job).await,
        "redirects.sync" => redirects::jobs::sync(app).await,
        "redirects.clean" => redirects::jobs::clean(app).await,
        "redirects.run_requests" => redirects::jobs::run_requests(app).await,
        "redirects.watch" => redirects::jobs::watch(app).await,
        "hits.open_partitions" => hits::jobs::open_partitions(app).await,
        "hits.forget" => hits::jobs::forget(app).await,
        "hits.watch_canaries" => hits::jobs::watch_canaries(app).await,
        "videos.check" => videos::jobs::check(app, job).await,
        "videos.transcode" => videos::jobs::transcode(app, job).await,
        "videos.expire" => videos::jobs::expire(app).await,
        "payments.operate" => payments::jobs::operate(app, job).await,
        "payments.hear" => payments::jobs::hear(app, job).await,
        "payments.look" => payments::jobs::look(app, job).await,
        "payments.sweep" => payments::jobs::sweep(app).await,
        "payments.tend" => payments::jobs::tend(app).await,
        "payments.reconcile" => payments::jobs::reconcile(app).await,
        "payments.forget" => payments::jobs::forget(app).await,
        "orders.hear_payment" => orders::jobs::hear_payment(app, job).await,
        "orders.hear_video" => orders::jobs::hear_video(app, job).await,
        "orders.end" => orders::jobs::end(app, job).await,
        "orders.sweep" => orders::jobs::sweep(app).await,
        "orders.remind" => orders::jobs::remind(app).await,
        "orders.forget" => orders::jobs::forget(app).await,
        "orders.shred" => orders::jobs::shred(app).await,
        "payouts.remind" => payouts::jobs::remind(app).await,
        "books.check" => books::jobs::check(app).await,
        "webhooks.fan_out" => webhooks::jobs::fan_out(app, job).await,
        "webhooks.deliver" => webhooks::jobs::deliver(app, job).await,
        "webhooks.sweep" => webhooks::jobs::sweep(app).await,
        "webhooks.forget" => webhooks::jobs::forget(app).await,
        name => bail!("nobody does the job {name}"),
    }
}

/// Works in `roles` until the process is asked to stop, whatever happens in between.
pub async fn work(app: &App, roles: &[Role]) {
    let queues = roles.iter().map(|role| async {
        supervise(app, role.name(), || bus::work(app, *role)).await;
    });
    let schedules = async {
        if roles.contains(&Role::Cron) {
            supervise(app, "schedules", || cron::run(app)).await;
        }
    };
    let ingest = async {
        if roles.contains(&Role::Ingest) {
            let ingest = async || {
                hits::ingest(app, hits::Pace::default()).await;
                Ok(())
            };
            supervise(app, "ingest", ingest).await;
        }
    };
    let time = supervise(app, "clock", || clock::watch(app));
    tokio::join!(join_all(queues), schedules, ingest, time);
}

/// The jobs of all features.
pub struct Features;

#[async_trait]
impl Handler for Features {
    async fn run(&self, app: &App, job: &Job) -> anyhow::Result<()> {
        run(app, job).await
    }

    fn subscribers(&self, event: &str) -> &[Kind] {
        SUBSCRIPTIONS
            .iter()
            .find(|(name, _)| *name == event)
            .map_or(&[], |(_, kinds)| kinds)
    }

    fn schedules(&self) -> &[Schedule] {
        SCHEDULES
    }

    fn templates(&self) -> &[&'static Template] {
        TEMPLATES
    }
}
