//! The columns that say where a rule leads, or what it yields.

use std::collections::BTreeMap;

use marquee_shared::rules::{Action, Split, Target, Variant};

use super::Fields;
use crate::redirects::csv::{FALLBACK, decode_variable};

impl Fields<'_, '_> {
    pub(super) fn action(&mut self) -> Action {
        if !self.line.columns.variables.is_empty() {
            return Action::Attribute(self.wide());
        }
        let kind = self.line.field("kind");
        match if self.attributes && kind.is_empty() {
            "attribute"
        } else {
            kind
        } {
            "route" => {
                self.must_be_empty(&["vars"], "an attribute rule's, not a route's");
                Action::Route(self.target())
            }
            "attribute" => {
                self.must_be_empty(
                    &["split", "variant", "weight", "url", "system"],
                    "a route's, not an attribute rule's",
                );
                Action::Attribute(self.variables())
            }
            other => {
                let lower = other.to_ascii_lowercase();
                let meant = matches!(lower.as_str(), "route" | "attribute").then_some(lower);
                self.refuse("kind", other, "kind", "write `route` or `attribute`", meant);
                Action::Route(Target::Fallback)
            }
        }
    }

    fn must_be_empty(&mut self, columns: &[&str], whose: &str) {
        for column in columns {
            let text = self.line.field(column);
            if !text.is_empty() {
                self.refuse(
                    column,
                    text,
                    "not_empty",
                    &format!("the column is {whose}: leave it empty"),
                    None,
                );
            }
        }
    }

    fn target(&mut self) -> Target {
        let url = self.line.field("url");
        if url == FALLBACK {
            self.must_be_empty(&["split", "variant", "weight", "system"], "no fallback's");
            return Target::Fallback;
        }
        if url.is_empty() {
            self.refuse("url", url, "url", "a route has a URL, or `fallback`", None);
        }
        let split = match self.line.field("split") {
            "" | "sticky" => Split::Sticky,
            "rotate" => Split::Rotate,
            other => {
                self.refuse("split", other, "split", "write `sticky` or `rotate`", None);
                Split::Sticky
            }
        };
        let name = self.line.field("variant");
        let system = self.line.field("system");
        let variant = Variant {
            name: if name.is_empty() { "a" } else { name }.to_owned(),
            weight: self.integer("weight", 1),
            url: url.to_owned(),
            system: (!system.is_empty()).then(|| system.to_owned()),
        };
        Target::Split {
            split,
            variants: vec![variant],
        }
    }

    /// Of a feed with a column for each variable; an empty field yields none.
    fn wide(&mut self) -> BTreeMap<String, String> {
        let columns = self.line.columns;
        let field = |index: &usize| self.line.record.get(*index).unwrap_or_default().trim();
        let pairs = columns.variables.iter();
        let pairs = pairs.map(|(name, index)| (name.clone(), field(index).to_owned()));
        let variables: BTreeMap<_, _> = pairs.filter(|(_, value)| !value.is_empty()).collect();
        if variables.is_empty() {
            let reason = "an attribute rule has at least one variable";
            self.refuse("vars", "", "vars", reason, None);
        }
        variables
    }

    fn variables(&mut self) -> BTreeMap<String, String> {
        let text = self.line.field("vars");
        if text.is_empty() {
            self.refuse(
                "vars",
                text,
                "vars",
                "an attribute rule has at least one variable",
                None,
            );
        }
        let mut variables = BTreeMap::new();
        for (name, value) in self.set("vars", |fields, item| {
            let pair = decode_variable(item);
            if pair.is_none() {
                let reason = "not `name=value` with `%`, `|` and `=` percent-encoded";
                fields.refuse("vars", item, "vars", reason, None);
            }
            pair
        }) {
            if variables.contains_key(&name) {
                self.refuse("vars", &name, "vars", "the variable stands twice", None);
            }
            variables.insert(name, value);
        }
        variables
    }
}
