//! A rule set as a file that imports to the same rule set, byte for byte.
//!
//! CSV is for spreadsheets. JSON has one rule a line, so that two exports compare well.

use std::borrow::Cow;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use marquee_shared::rules::{Action, Rule, RuleSet, Split, Target, Variant, When};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::csv::{COLUMNS, FALLBACK, encode_variable, tame};

/// A list of rules.
pub(super) fn json(rules: &[Rule]) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(rules.len() * 250);
    write_rules(&mut text, rules)?;
    text.push(b'\n');
    Ok(text)
}

/// Settings and rules: all that a revision freezes.
pub(super) fn whole_json(set: &RuleSet) -> anyhow::Result<Vec<u8>> {
    let RuleSet {
        brand,
        settings,
        rules,
    } = set;
    let mut text = Vec::with_capacity(rules.len() * 250);
    text.extend_from_slice(b"{\"brand\":");
    serde_json::to_writer(&mut text, brand)?;
    text.extend_from_slice(b",\n\"settings\":");
    serde_json::to_writer(&mut text, settings)?;
    text.extend_from_slice(b",\n\"rules\":");
    write_rules(&mut text, rules)?;
    text.extend_from_slice(b"}\n");
    Ok(text)
}

fn write_rules(text: &mut Vec<u8>, rules: &[Rule]) -> anyhow::Result<()> {
    text.push(b'[');
    for (index, rule) in rules.iter().enumerate() {
        text.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut *text, rule)?;
    }
    text.extend_from_slice(if rules.is_empty() { b"]" } else { b"\n]" });
    Ok(())
}

/// One line a rule or a variant, by kind, rule and variant. Lines end in CRLF, as RFC 4180 has it.
///
/// # Errors
/// A time outside the years that RFC 3339 can write.
pub(super) fn csv(rules: &[Rule]) -> anyhow::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Necessary)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::with_capacity(rules.len() * 160));
    writer.write_record(COLUMNS)?;
    let (attributes, routes): (Vec<_>, Vec<_>) = rules
        .iter()
        .partition(|rule| matches!(rule.action, Action::Attribute(_)));
    for rule in attributes.into_iter().chain(routes) {
        write(&mut writer, rule)?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

fn write(writer: &mut Writer<Vec<u8>>, rule: &Rule) -> anyhow::Result<()> {
    match &rule.action {
        Action::Attribute(variables) => {
            let variables: Vec<_> = variables
                .iter()
                .map(|(name, value)| encode_variable(name, value))
                .collect();
            line(
                writer,
                rule,
                "attribute",
                &Tail {
                    vars: variables.join("|"),
                    ..Tail::default()
                },
            )
        }
        Action::Route(Target::Fallback) => line(
            writer,
            rule,
            "route",
            &Tail {
                url: FALLBACK,
                ..Tail::default()
            },
        ),
        Action::Route(Target::Split { split, variants }) => {
            for Variant {
                name,
                weight,
                url,
                system,
            } in variants
            {
                let split = match split {
                    Split::Sticky => "sticky",
                    Split::Rotate => "rotate",
                };
                let system = system.as_deref().unwrap_or_default();
                let tail = Tail {
                    split,
                    variant: name,
                    weight: weight.to_string(),
                    url,
                    system,
                    vars: String::new(),
                };
                line(writer, rule, "route", &tail)?;
            }
            Ok(())
        }
    }
}

/// The columns that differ by kind.
#[derive(Default)]
struct Tail<'a> {
    split: &'a str,
    variant: &'a str,
    weight: String,
    url: &'a str,
    system: &'a str,
    vars: String,
}

fn line(writer: &mut Writer<Vec<u8>>, rule: &Rule, kind: &str, tail: &Tail<'_>) -> anyhow::Result<()> {
    let When {
        product,
        language,
        device,
        media,
        state,
        zip,
    } = &rule.when;
    let zips: Vec<_> = zip.iter().map(ToString::to_string).collect();
    let fields: [Cow<'_, str>; 19] = [
        kind.into(),
        rule.number.to_string().into(),
        rule.enabled.to_string().into(),
        rule.priority.to_string().into(),
        product.join("|").into(),
        language.join("|").into(),
        device.join("|").into(),
        media.join("|").into(),
        state.join("|").into(),
        zips.join("|").into(),
        written(rule.from)?.into(),
        written(rule.until)?.into(),
        tail.split.into(),
        tail.variant.into(),
        tail.weight.as_str().into(),
        tail.url.into(),
        tail.system.into(),
        tail.vars.as_str().into(),
        tame(&rule.note).into(),
    ];
    writer.write_record(fields.iter().map(|field| field.as_bytes()))?;
    Ok(())
}

fn written(time: Option<OffsetDateTime>) -> anyhow::Result<String> {
    time.map_or(Ok(String::new()), |time| Ok(time.format(&Rfc3339)?))
}

#[cfg(test)]
mod tests;
