//! What becomes of payments and of operations. No clock, no I/O.

mod difference;
mod dispute;
mod fold;
mod operation;
mod signature;

pub use difference::DifferenceKind;
pub(super) use difference::{Here, differences};
pub use dispute::DisputeStatus;
pub(super) use dispute::{Contradiction, told as told_of_dispute};
pub use fold::Status;
pub(super) use fold::{Fact, Fold, State};
pub(super) use operation::{
    GIVE_UP_AFTER, LEASE, Settled, WORRYING_ASKS, ask_in, hear_in, retry_in, settled,
};
pub use operation::{Kind, OperationStatus};
pub use signature::{BadSignature, sign, verify};
