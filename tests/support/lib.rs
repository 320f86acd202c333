//! What tests are made with: an [`App`](marquee_core::app::App) of their own on a database of their own, with
//! a clock that stands still and fakes that remember what they were asked; or, in [`e2e`], everything for real.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod alert_receiver;
mod alert_sink;
mod app;
mod clock;
mod dice;
pub mod e2e;
pub mod edge;
mod edge_health;
mod edge_kv;
mod emulator;
mod film;
mod gateway;
mod handler;
mod hit_queue;
pub mod hits;
mod made_once;
mod mail_transport;
mod outage;
mod player;
mod poll;
pub mod process;
mod restore;
mod s3_server;
mod smtp_server;
mod stripe_server;
mod wait;
mod webhook_sender;

pub use alert_receiver::{AlertReceiver, Received, Reply};
pub use alert_sink::FakeAlertSink;
pub use app::{Answer, TestApp, config_of};
pub use clock::ManualClock;
pub use dice::{Dice, Seed, is_nightly};
pub use edge_health::FakeEdgeHealth;
pub use edge_kv::{FakeEdgeKv, KvCall, Pause};
pub use emulator::SqsEmulator;
pub use film::film;
pub use gateway::{Gated, Listener};
pub use handler::{ScriptedHandler, Step};
pub use hit_queue::{FakeHitQueue, QueueCall};
pub use made_once::MadeOnce;
pub use mail_transport::FakeMailTransport;
pub use outage::Line;
pub use player::{Player, Seen};
pub use poll::eventually;
pub use restore::Restore;
pub use s3_server::S3Server;
pub use smtp_server::SmtpServer;
pub use stripe_server::StripeServer;
pub use wait::{until, until_async};
pub use webhook_sender::{FakeWebhookSender, Posted};
