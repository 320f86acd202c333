//! What payments and videos tell, acted upon. Told again, late or in another order, it comes to the same.

mod payments;
mod redo;
mod videos;

pub(super) use payments::payment;
pub(super) use videos::video;
