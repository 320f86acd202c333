mod alerts;
mod audit;
mod clocks;
mod cors;
mod cron;
mod dead_letters;
mod doctor;
mod document;
mod files;
mod health;
mod http;
mod idempotency;
mod jobs;
mod leases;
mod mail;
mod pool;
mod sockets;
mod traces;
mod workers;

use std::sync::Arc;

use marquee_core::platform::jobs::{Attempts, Kind, Role};
use marquee_tests::{ScriptedHandler, TestApp};
use sqlx::PgPool;

const GREET: Kind = Kind {
    name: "test.greet",
    role: Role::Default,
    attempts: Attempts::Limited(3),
};
const LEVEL: Kind = Kind {
    name: "test.level",
    role: Role::Default,
    attempts: Attempts::Endless,
};

/// An app whose jobs do as the test says.
async fn scripted(db: PgPool) -> (TestApp, Arc<ScriptedHandler>) {
    scripted_as(db, ScriptedHandler::default()).await
}

async fn scripted_as(db: PgPool, handler: ScriptedHandler) -> (TestApp, Arc<ScriptedHandler>) {
    let handler = Arc::new(handler);
    let app = TestApp::with(db, |parts| parts.handler = handler.clone()).await;
    (app, handler)
}
