//! One suite per port, run against our fake and against the adapter on the nearest thing to the real service.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod alerts;
mod edge_health;
mod ffmpeg;
mod ffprobe;
mod gateway;
mod mail_files;
mod names;
mod s3;
mod smtp;
mod sqs;
mod webhook_post;
mod workers_kv;
