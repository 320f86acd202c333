//! What outlives a request: one of these per isolate, never request data.

use std::cell::RefCell;
use std::rc::Rc;

use marquee_shared::hit::uuid_v7;
use worker::console_error;

use crate::outbox::Outbox;
use crate::runtime;
use crate::settings::Settings;
use crate::store::Store;
use crate::visit::Moment;

#[derive(Debug, Default)]
pub(crate) struct Isolate {
    pub(crate) store: Store,
    pub(crate) outbox: Outbox,
    settings: Option<Rc<Settings>>,
    random: Random,
}

thread_local! {
    static ISOLATE: RefCell<Isolate> = RefCell::default();
}

/// Runs `f` on the isolate's state. It is not to be called again inside `f`, and `f` cannot wait.
pub(crate) fn with<T>(f: impl FnOnce(&mut Isolate) -> T) -> T {
    ISOLATE.with_borrow_mut(f)
}

impl Isolate {
    /// The settings, read on the first call; unusable ones are logged then.
    pub(crate) fn settings(&mut self, var: impl Fn(&str) -> Option<String>) -> Rc<Settings> {
        Rc::clone(self.settings.get_or_insert_with(|| {
            self.random = Random {
                a: runtime::entropy(),
                b: runtime::entropy(),
            };
            let (settings, complaints) = Settings::read(var);
            for complaint in complaints {
                console_error!("{complaint}");
            }
            Rc::new(settings)
        }))
    }

    /// Now, with a new hit's id.
    pub(crate) fn moment(&mut self, now_ms: u64) -> Moment {
        Moment {
            at_ms: i64::try_from(now_ms).unwrap_or(i64::MAX),
            hit: uuid_v7(now_ms, self.random.bytes()),
            stale: self.store.stale(now_ms),
        }
    }
}

/// Two SplitMix64 generators, seeded once from the runtime's: hit ids must differ, they are no secret.
#[derive(Debug, Default)]
struct Random {
    a: u64,
    b: u64,
}

impl Random {
    fn bytes(&mut self) -> [u8; 10] {
        let [a, b, c, d, e, f, g, h] = split_mix(&mut self.a).to_be_bytes();
        let [i, j, ..] = split_mix(&mut self.b).to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j]
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = *state;
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
