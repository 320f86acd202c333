//! The central service of Marquee: one crate of feature modules.
//!
//! Every feature has the same files, and the file name is the layer: `http` translates, `commands` change,
//! `queries` ask, `domain` decides, `store` keeps, `jobs` run later. Features call only features before
//! them: `platform`, `accounts`, `redirects`, `hits`, `videos`, `catalogue`, `ledger`, `payments`, `orders`, `payouts`, `books`, `webhooks`, `privacy`.

pub mod access;
pub mod accounts;
pub mod adapters;
pub mod app;
pub mod books;
pub mod calendar;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod console;
pub mod doctor;
pub mod hits;
pub mod http;
pub mod ids;
pub mod ledger;
pub mod locale;
pub mod money;
pub mod orders;
pub mod payments;
pub mod payouts;
pub mod platform;
pub mod privacy;
pub mod redirects;
pub mod sample;
pub mod videos;
pub mod webhooks;
pub mod worker;

/// Our own schema. The job queue brings its own: use [`platform::database::migrate`] to apply both.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");
