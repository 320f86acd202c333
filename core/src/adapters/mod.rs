//! One file per vendor. Only the composition root looks in here.

pub mod edge_health;
pub mod ffprobe;
pub mod mail_files;
mod mail_message;
pub mod no_gateway;
pub mod sandbox;
pub mod smtp;
pub mod sqs;
pub mod stripe;
pub mod webhook_post;
pub mod workers_kv;
