use std::collections::{BTreeSet, HashMap};

use super::findings::{At, Findings, escaped};
use super::url::Known;
use super::{MAX_RULES, MAX_VALUE_BYTES, MAX_VARIANTS, MAX_WEIGHT, is_text};
use crate::code::is_code;
use crate::compile::systems::is_built_in;
use crate::decide::Device;
use crate::rules::{Action, Mode, Rule, RuleSet, Target, Variant, When, ZipClause};
use crate::split::BUCKETS;
use crate::template::{PLACEHOLDERS, is_name};
use crate::zip::{State, Zip, locate};

pub(super) fn check(set: &RuleSet, variables: &BTreeSet<&str>, findings: &mut Findings) {
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
    let mut numbers = HashMap::with_capacity(set.rules.len());
    // Growing would hash every rule again, which is most of the work here.
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
        let content = (rule.priority, &rule.when, rule.from, rule.until, &rule.action);
        if let Some(first) = contents.insert(content, rule.number) {
            at.add(
                "",
                "rule_duplicate",
                format!("the same as rule {first}; remove one"),
            );
        }
        brand.rule(rule, &mut at);
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
    fn rule(&self, rule: &Rule, at: &mut At<'_>) {
        if let (Some(from), Some(until)) = (rule.from, rule.until)
            && until <= from
        {
            at.add(
                "/until",
                "window_empty",
                "the rule ends before it begins; correct `from` or `until`",
            );
        }
        self.when(&rule.when, at);
        match &rule.action {
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

    fn when(&self, when: &When, at: &mut At<'_>) {
        let mut each = |name: &str, values: &[String], known: &dyn Fn(&str) -> bool, code: &'static str| {
            for (index, value) in values.iter().enumerate().filter(|(_, value)| !known(value)) {
                let message =
                    format!("`{value}` is no {name} of the brand; correct it or add it to the settings");
                at.add(format_args!("/when/{name}/{index}"), code, message);
            }
        };
        each(
            "product",
            &when.product,
            &|code| self.products.contains(code),
            "product_unknown",
        );
        each(
            "language",
            &when.language,
            &|code| self.languages.contains(code),
            "language_unknown",
        );
        each(
            "device",
            &when.device,
            &|code| Device::parse(code).is_some(),
            "device_unknown",
        );
        let state = |code: &str| State::parse(code).is_some_and(|state| state.code() == code);
        each("state", &when.state, &state, "state_unknown");
        each("media", &when.media, &is_code, "media_invalid");
        for (index, clause) in when.zip.iter().enumerate() {
            if !reaches_anywhere(*clause) {
                let message =
                    format!("`{clause}` lies in prefixes that nobody has been assigned; correct it");
                at.add(format_args!("/when/zip/{index}"), "zip_unassigned", message);
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
