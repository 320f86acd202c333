//! Rows put together: a configuration with the URLs that refer to it.

use std::collections::HashMap;

use marquee_shared::rules::{Action, Rule, Split, Target, Variant};

use super::super::super::{Draft, Parsed, Problem};
use super::super::configuration::{Configuration, Type};
use super::{Leading, Tables, Url};

impl Tables {
    /// A rule for each configuration that leads somewhere; why the others do not is told.
    pub(in super::super) fn rules(mut self, parsed: &mut Parsed) -> Vec<Draft> {
        for single in std::mem::take(&mut self.singles) {
            let at = (single.line, single.configuration);
            if let Some(place) = self.leads(at, Type::Single, parsed)
                && let Some(leading) = self.configurations.get_mut(place)
            {
                leading.told |= single.url.is_none();
                leading.urls.extend(single.url.map(|url| (1, url)));
            }
        }
        let mut places = HashMap::new();
        let mut multis = std::mem::take(&mut self.multis);
        for (id, multi) in &multis {
            if let Some((configuration, _)) = multi.refers
                && let Some(place) = self.leads((multi.line, configuration), Type::Multi, parsed)
            {
                places.insert(*id, place);
            }
        }
        for url in std::mem::take(&mut self.urls) {
            let Some(multi) = multis.get_mut(&url.multi) else {
                let reason = "there is no such `routing_multi` in the file";
                let problem = Problem::new(url.line, "routing_unknown", reason);
                parsed
                    .problems
                    .push(problem.at("routing_multi_id", &url.multi.to_string()));
                continue;
            };
            multi.urls += 1;
            let place = places.get(&url.multi);
            if let Some(leading) = place.and_then(|place| self.configurations.get_mut(*place)) {
                leading.turn(url, parsed);
            }
        }
        for multi in multis.values() {
            let Some((_, total)) = multi.refers.filter(|(_, total)| *total != multi.urls) else {
                continue;
            };
            let reason = format!("the routing has {} URLs", multi.urls);
            let problem = Problem::new(multi.line, "total", reason).at("total", &total.to_string());
            let meant = (multi.urls > 0).then(|| multi.urls.to_string());
            parsed.problems.push(problem.suggest(meant));
        }
        let leading = self.configurations.into_iter();
        leading.filter_map(|leading| leading.rule(parsed)).collect()
    }

    /// The place of the configuration that a routing of this type is of. Each has one routing.
    fn leads(&mut self, (line, id): (u64, u64), kind: Type, parsed: &mut Parsed) -> Option<usize> {
        let problem =
            |code, reason: String| Problem::new(line, code, reason).at("configuration_id", &id.to_string());
        let Some((_, place)) = self.ids.get(&id) else {
            let reason = "there is no such configuration in the file".to_owned();
            parsed.problems.push(problem("configuration_unknown", reason));
            return None;
        };
        let leading = place.and_then(|place| self.configurations.get_mut(place))?;
        let first = leading.configuration.line;
        if leading.configuration.kind != kind {
            let reason = format!("the configuration on line {first} has the other `type`");
            parsed.problems.push(problem("type_differs", reason));
        } else if leading.routed {
            let reason = format!("the configuration on line {first} has a routing already: keep one");
            parsed.problems.push(problem("routing_twice", reason));
        } else {
            leading.routed = true;
            return *place;
        }
        leading.told = true;
        None
    }
}

impl Leading {
    /// One URL of several.
    fn turn(&mut self, url: Url, parsed: &mut Parsed) {
        if self.urls.iter().any(|(order, _)| *order == url.order) {
            let problem = Problem::new(
                url.line,
                "order_twice",
                "another URL of the routing has this order",
            );
            parsed.problems.push(problem.at("order", &url.order.to_string()));
        }
        self.told |= url.url.is_none();
        self.urls.extend(url.url.map(|text| (url.order, text)));
    }

    fn rule(self, parsed: &mut Parsed) -> Option<Draft> {
        let Configuration {
            line,
            when,
            note,
            kind,
            system,
        } = self.configuration;
        if self.urls.is_empty() {
            if !self.told {
                let reason = "the configuration leads nowhere: give it a routing with a URL, or leave it out";
                parsed
                    .problems
                    .push(Problem::new(line, "routing_missing", reason));
            }
            return None;
        }
        let variants = self.urls.into_iter().map(|(order, url)| Variant {
            name: match kind {
                Type::Single => "a".to_owned(),
                Type::Multi => order.to_string(),
            },
            weight: 1,
            url,
            system: system.clone(),
        });
        let split = match kind {
            Type::Single => Split::Sticky,
            Type::Multi => Split::Rotate,
        };
        let target = Target::Split {
            split,
            variants: variants.collect(),
        };
        Some(Draft {
            line,
            number: None,
            rule: Rule {
                number: 0,
                enabled: true,
                priority: 0,
                when,
                from: None,
                until: None,
                action: Action::Route(target),
                note,
            },
        })
    }
}
