use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt};

use super::findings::{At, Findings, escaped};
use super::url::Known;
use super::{MAX_RULES, MAX_VALUE_BYTES, MAX_VARIANTS, MAX_WEIGHT, is_text};
use crate::code::is_code;
use crate::compile::numbered::{CONDITIONS, DEVICE, LANGUAGE, MEDIA, Numbered, PRODUCT, STATE};
use crate::compile::systems::is_built_in;
use crate::decide::Device;
use crate::rules::{Action, Mode, Rule, RuleSet, Target, Variant, When, ZipClause};
use crate::split::BUCKETS;
use crate::template::{PLACEHOLDERS, is_name};
use crate::zip::{State, Zip, locate};

pub(super) fn check(numbered: &Numbered<'_>, variables: &BTreeSet<&str>, findings: &mut Findings) {
    let set = numbered.set;
    size(set, &mut findings.settings());
    let settings = &set.settings;
    let brand = Brand {
        products: settings
            .products
            .iter()
            .map(|product| product.code.as_str())
            .collect(),
        languages: settings.languages.iter().map(String::as_str).collect(),
        known: Known {
            destinations: &settings.destinations,
            variables,
        },
        set,
    };
    let known: [Vec<bool>; CONDITIONS] = std::array::from_fn(|condition| {
        let texts = numbered.texts(condition).iter();
        texts.map(|text| brand.knows(condition, text)).collect()
    });
    // Actions found good need not be looked at again.
    let mut good = vec![false; numbered.actions.len()];
    let mut numbers = HashMap::with_capacity(set.rules.len());
    let mut contents = HashMap::with_capacity(set.rules.len());
    for (index, rule) in set.rules.iter().enumerate() {
        let mut at = findings.rule(set, index);
        if let Some(first) = numbers.insert(rule.number, index) {
            let message = format!(
                "rule {} stands here twice, first as /rules/{first}; renumber one",
                rule.number
            );
            at.add("/rule", "number_duplicate", message);
        }
        if !rule.enabled {
            continue;
        }
        let values: [_; CONDITIONS] = std::array::from_fn(|condition| numbered.values(index, condition));
        let action = numbered.action(index);
        let content = (
            rule.priority,
            values,
            &rule.when.zip,
            rule.from,
            rule.until,
            action,
        );
        if let Some(first) = contents.insert(content, rule.number) {
            at.add(
                "",
                "rule_duplicate",
                format!("the same as rule {first}; remove one"),
            );
        }
        window(rule, &mut at);
        let mut conditions = values.iter().zip(&known);
        if !conditions.all(|(values, known)| values.iter().all(|number| known[*number as usize])) {
            brand.values(&rule.when, &mut at);
        }
        zips(&rule.when.zip, &mut at);
        if !good[action as usize] {
            let before = at.count();
            brand.action(&rule.action, &mut at);
            good[action as usize] = at.count() == before;
        }
    }
}

fn size(set: &RuleSet, at: &mut At<'_>) {
    let routes = set
        .rules
        .iter()
        .any(|rule| rule.enabled && matches!(rule.action, Action::Route(_)));
    if !routes && set.settings.mode == Mode::Rules {
        let message =
            "no enabled rule sends anybody anywhere; to send all to the fallback, set `mode` to `fallback`";
        at.add("/rules", "rules_missing", message);
    }
    if set.rules.len() > MAX_RULES {
        let message = format!(
            "{} rules are more than {MAX_RULES}; use sets, prefixes and ranges",
            set.rules.len()
        );
        at.add("/rules", "rules_too_many", message);
    }
}

/// What rules may refer to.
struct Brand<'a> {
    products: BTreeSet<&'a str>,
    languages: BTreeSet<&'a str>,
    known: Known<'a>,
    set: &'a RuleSet,
}

impl Brand<'_> {
    fn knows(&self, condition: usize, text: &str) -> bool {
        match condition {
            PRODUCT => self.products.contains(text),
            LANGUAGE => self.languages.contains(text),
            DEVICE => Device::parse(text).is_some(),
            STATE => State::parse(text).is_some_and(|state| state.code() == text),
            _ => is_code(text),
        }
    }

    /// Values that the brand does not have.
    fn values(&self, when: &When, at: &mut At<'_>) {
        let each = [
            (PRODUCT, "product", &when.product, "product_unknown"),
            (LANGUAGE, "language", &when.language, "language_unknown"),
            (DEVICE, "device", &when.device, "device_unknown"),
            (STATE, "state", &when.state, "state_unknown"),
            (MEDIA, "media", &when.media, "media_invalid"),
        ];
        for (condition, name, values, code) in each {
            let unknown = values
                .iter()
                .enumerate()
                .filter(|(_, value)| !self.knows(condition, value));
            for (index, value) in unknown {
                let message =
                    format!("`{value}` is no {name} of the brand; correct it or add it to the settings");
                at.add(format_args!("/when/{name}/{index}"), code, message);
            }
        }
    }

    fn action(&self, action: &Action, at: &mut At<'_>) {
        match action {
            Action::Route(Target::Fallback) if self.set.settings.fallback_url.is_none() => {
                let message = "the rule sends to the brand's fallback and there is none; set `fallback_url`";
                at.add("/target/fallback", "fallback_missing", message);
            }
            Action::Route(Target::Fallback) => {}
            Action::Route(Target::Split { variants, .. }) => self.variants(variants, at),
            Action::Attribute(values) => {
                for (variable, value) in values {
                    attribute(variable, value, at);
                }
            }
        }
    }

    fn variants(&self, variants: &[Variant], at: &mut At<'_>) {
        let weights = variants.iter().map(|variant| u64::from(variant.weight));
        let sum: u64 = weights.clone().sum();
        if variants.is_empty() || variants.len() > MAX_VARIANTS {
            let message = format!(
                "a target has 1 to {MAX_VARIANTS} variants, not {}",
                variants.len()
            );
            at.add("/target/variants", "variants_count", message);
        } else if sum == 0 {
            at.add(
                "/target/variants",
                "weights_zero",
                "every variant has weight 0; give one more, or disable the rule",
            );
        } else if sum > MAX_WEIGHT {
            at.add(
                "/target/variants",
                "weights_too_large",
                format!("the weights' sum is {sum}, above {MAX_WEIGHT}"),
            );
        }
        let mut names = BTreeSet::new();
        for (index, variant) in variants.iter().enumerate() {
            let path = format_args!("/target/variants/{index}");
            if !is_code(&variant.name) {
                let message = format!("`{}`: a name has 1 to 40 of a–z, 0–9 and `-`", variant.name);
                at.add(format_args!("{path}/name"), "variant_invalid", message);
            } else if !names.insert(&variant.name) {
                let message = format!("variant `{}` stands here twice; rename one", variant.name);
                at.add(format_args!("{path}/name"), "value_duplicate", message);
            }
            let weight = u64::from(variant.weight);
            if weight > 0 && sum <= MAX_WEIGHT && weight * u64::from(BUCKETS) < sum {
                let message = format!(
                    "weight {weight} of {sum} is less than 1 in {BUCKETS}; raise it or pause it with 0"
                );
                at.add(format_args!("{path}/weight"), "weight_too_small", message);
            }
            self.known.url(&variant.url, format_args!("{path}/url"), at);
            if let Some(system) = &variant.system
                && !is_built_in(system)
                && !self.set.settings.systems.contains_key(system)
            {
                let message = format!(
                    "there is no system `{system}`; use rater, webform, nsd or add it to the settings"
                );
                at.add(format_args!("{path}/system"), "system_unknown", message);
            }
        }
    }
}

fn window(rule: &Rule, at: &mut At<'_>) {
    if let (Some(from), Some(until)) = (rule.from, rule.until)
        && until <= from
    {
        at.add(
            "/until",
            "window_empty",
            "the rule ends before it begins; correct `from` or `until`",
        );
    }
}

fn zips(clauses: &[ZipClause], at: &mut At<'_>) {
    for (index, clause) in clauses.iter().enumerate() {
        if !reaches_anywhere(*clause) {
            let message = format!("`{clause}` lies in prefixes that nobody has been assigned; correct it");
            at.add(format_args!("/when/zip/{index}"), "zip_unassigned", message);
        }
    }
}

fn attribute(variable: &str, value: &str, at: &mut At<'_>) {
    let path = format_args!("/vars/{}", escaped(variable));
    if !is_name(variable) {
        let message =
            format!("`{variable}`: a variable has 1 to 40 of a–z, 0–9 and `_`, and begins with a letter");
        at.add(path, "variable_invalid", message);
    } else if PLACEHOLDERS.contains(&variable) {
        at.add(
            path,
            "variable_reserved",
            format!("`{variable}` is what the visitor brings; use another name"),
        );
    }
    if !is_text(value, MAX_VALUE_BYTES) {
        let message = format!("a value has 1 to {MAX_VALUE_BYTES} bytes and no control characters");
        at.add(path, "text_invalid", message);
    }
}

/// Whether the clause holds ZIPs, and one of them has a state.
fn reaches_anywhere(clause: ZipClause) -> bool {
    let interval = clause.interval();
    let inside = interval.end <= 100_000;
    // A state can change with the prefix, and for single ZIPs that are exceptions.
    let mut zips = interval
        .clone()
        .step_by(100)
        .chain(interval.clone().last())
        .chain(interval.take(1_000));
    inside && zips.any(|zip| Zip::from_number(i64::from(zip)).is_some_and(|zip| locate(zip).state.is_some()))
}
