use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::Dice;

/// What may go wrong with one request to SQS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is refused, or reset if it was open already.
    Refused,
    /// 503; SQS never saw the request.
    Busy,
    /// SQS did what was asked, and the answer was 503.
    DoneButBusy,
    /// SQS did what was asked, and the answer breaks off.
    Cut,
    /// The request reaches SQS twice.
    Doubled,
    /// One entry of a batch reaches SQS not at all and is reported as failed.
    PartlyFailed,
    /// A deletion is answered well and never happens: the messages come again.
    NotDeleted,
}

impl Fault {
    pub const ALL: [Self; 7] = [
        Self::Refused,
        Self::Busy,
        Self::DoneButBusy,
        Self::Cut,
        Self::Doubled,
        Self::PartlyFailed,
        Self::NotDeleted,
    ];
}

/// When which fault strikes.
#[derive(Debug, Default)]
enum State {
    #[default]
    Calm,
    Down,
    Storm {
        dice: Dice,
        percent: u64,
    },
}

/// The state of a link that tests break.
#[derive(Debug, Default)]
pub struct Weather {
    state: Mutex<State>,
    struck: Mutex<BTreeMap<Fault, u32>>,
}

impl Weather {
    /// Nothing goes wrong.
    pub fn calm(&self) {
        *self.state.lock().unwrap() = State::Calm;
    }

    /// Nobody answers at all.
    pub fn down(&self) {
        *self.state.lock().unwrap() = State::Down;
    }

    /// `percent` of a hundred requests suffer a fault, and each that could suffer one that has not struck yet.
    pub fn storm(&self, dice: Dice, percent: u64) {
        *self.state.lock().unwrap() = State::Storm { dice, percent };
    }

    pub fn is_down(&self) -> bool {
        matches!(*self.state.lock().unwrap(), State::Down)
    }

    /// How often each fault struck so far.
    pub fn struck(&self) -> BTreeMap<Fault, u32> {
        self.struck.lock().unwrap().clone()
    }

    /// What happens to a request that `could` suffer these.
    pub fn strike(&self, could: &[Fault]) -> Option<Fault> {
        let fault = match &mut *self.state.lock().unwrap() {
            State::Calm => None,
            State::Down => Some(Fault::Refused),
            State::Storm { dice, percent } => self.rarest(could, dice.chance(*percent)),
        };
        if let Some(fault) = fault {
            self.note(fault);
        }
        fault
    }

    /// The one of these that struck least, if the dice say so. One that never struck needs no dice: of the few
    /// deletions of a slow machine they might choose none.
    fn rarest(&self, could: &[Fault], chosen: bool) -> Option<Fault> {
        let struck = self.struck.lock().unwrap();
        could
            .iter()
            .map(|fault| (struck.get(fault).copied().unwrap_or_default(), *fault))
            .min_by_key(|(times, _)| *times)
            .filter(|(times, _)| chosen || *times == 0)
            .map(|(_, fault)| fault)
    }

    pub fn note(&self, fault: Fault) {
        *self.struck.lock().unwrap().entry(fault).or_default() += 1;
    }
}
