//! The rules' texts as numbers. Texts lie scattered in memory and are slow to compare, so each is looked at once;
//! everything after compares numbers.

use foldhash::{HashMap, HashMapExt};

use crate::rules::{Action, Rule, RuleSet};
use crate::zip::State;

/// The conditions that are sets of texts, by their place in [`Numbered::values`].
pub(super) const PRODUCT: usize = 0;
pub(super) const LANGUAGE: usize = 1;
pub(super) const DEVICE: usize = 2;
pub(super) const MEDIA: usize = 3;
pub(super) const STATE: usize = 4;
pub(super) const CONDITIONS: usize = 5;

/// A rule set with numbers for the texts of its enabled rules' conditions, and for their actions.
pub(crate) struct Numbered<'a> {
    pub(super) set: &'a RuleSet,
    /// By condition: every text once, in the order in which they come; a text's number is its index.
    texts: [Vec<&'a str>; CONDITIONS],
    /// By number of a state's text: the bit of the state; none for what is no state.
    states: Vec<u64>,
    /// Every action once, in the same way.
    pub(super) actions: Vec<&'a Action>,
    /// The conditions of all rules, one after the other.
    values: Vec<u32>,
    /// By the rule's index.
    rules: Vec<Numbers>,
}

/// Of a rule; of a disabled one nothing.
#[derive(Clone, Copy, Default)]
struct Numbers {
    /// Where each condition begins in the values, and where the last ends.
    bounds: [u32; CONDITIONS + 1],
    action: u32,
}

impl<'a> Numbered<'a> {
    pub(crate) fn new(set: &'a RuleSet) -> Self {
        let mut texts: [Vec<&str>; CONDITIONS] = std::array::from_fn(|_| Vec::new());
        let mut numbers: [HashMap<&str, u32>; CONDITIONS] = std::array::from_fn(|_| HashMap::new());
        let mut actions = Vec::new();
        let mut action_numbers: HashMap<&Action, u32> = HashMap::new();
        let mut values = Vec::new();
        let number = |rule: &'a Rule| {
            if !rule.enabled {
                return Numbers::default();
            }
            let mut bounds = [values.len() as u32; CONDITIONS + 1];
            let when = &rule.when;
            let conditions = [
                &when.product,
                &when.language,
                &when.device,
                &when.media,
                &when.state,
            ];
            for (condition, set) in conditions.into_iter().enumerate() {
                let (texts, numbers) = (&mut texts[condition], &mut numbers[condition]);
                values.extend(set.iter().map(|text| {
                    *numbers.entry(text).or_insert_with(|| {
                        texts.push(text);
                        texts.len() as u32 - 1
                    })
                }));
                bounds[condition + 1] = values.len() as u32;
            }
            let action = *action_numbers.entry(&rule.action).or_insert_with(|| {
                actions.push(&rule.action);
                actions.len() as u32 - 1
            });
            Numbers { bounds, action }
        };
        let rules = set.rules.iter().map(number).collect();
        let bit = |code: &&str| State::parse(code).map_or(0, |state| 1 << state.number());
        Self {
            set,
            states: texts[STATE].iter().map(bit).collect(),
            texts,
            actions,
            values,
            rules,
        }
    }

    /// Every text of a condition, by number.
    pub(super) fn texts(&self, condition: usize) -> &[&'a str] {
        &self.texts[condition]
    }

    /// The numbers of an enabled rule's condition, in its order; none is *any*.
    pub(super) fn values(&self, rule: usize, condition: usize) -> &[u32] {
        let bounds = &self.rules[rule].bounds;
        &self.values[bounds[condition] as usize..bounds[condition + 1] as usize]
    }

    /// Bit s: an enabled rule names the state of number s.
    pub(super) fn states(&self, rule: usize) -> u64 {
        let values = self.values(rule, STATE).iter();
        values.fold(0, |bits, number| bits | self.states[*number as usize])
    }

    /// The number of an enabled rule's action.
    pub(super) fn action(&self, rule: usize) -> u32 {
        self.rules[rule].action
    }
}
