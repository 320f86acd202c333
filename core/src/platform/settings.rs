//! What this process was told, for those who run it.

pub mod http;
