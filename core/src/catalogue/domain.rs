mod application;
mod check;
mod network;
mod phone;
mod terms;
mod whose;

pub(super) use application::words;
pub use application::{NewApplication, Status};
pub use check::Fault;
pub(super) use check::{Faults, is_slug, line};
pub use network::Network;
pub use terms::TalentChange;
pub(super) use terms::Terms;
pub use whose::Whose;
