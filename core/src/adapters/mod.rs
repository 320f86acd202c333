//! One file per vendor. Only the composition root looks in here.

pub mod edge_health;
pub mod ffmpeg;
pub mod ffprobe;
pub mod mail_files;
mod mail_message;
pub mod no_gateway;
pub mod otlp;
pub mod sandbox;
pub mod sentry;
pub mod smtp;
pub mod sqs;
pub mod stripe;
pub mod telegram;
mod walls;
pub mod webhook_post;
pub mod workers_kv;
