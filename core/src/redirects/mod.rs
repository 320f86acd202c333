//! Brands, their rules, and what of them is live at the edge.

mod edge_kv;
pub mod http;

pub use edge_kv::{EdgeKv, KvError};
