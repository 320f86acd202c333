//! One file per vendor. Only the composition root looks in here.

pub mod sqs;
pub mod workers_kv;
