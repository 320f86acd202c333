use super::address::Address;

/// Who may see a page at all; what of it the API says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Anybody,
    /// Who is signed in.
    People,
    /// Who works with us.
    Staff,
}

/// A page, as the comment at the head of its template says:
///
/// ```text
/// {#
/// path: /admin/orders/{id}
/// for: staff
/// order: /v1/orders/{id}
/// mails?: /v1/mails?order={id}{?mails.cursor}
/// locked: orders/locked.html
/// takes: cards
/// #}
/// ```
///
/// Besides `path` and `for` (`anybody` if it does not say), each line names what the template gets and where in the API
/// it is, see [`Address`]; in this order, and each may name what came before. What has a `?` may be missing. `locked` is
/// the template for whoever the API does not know, who else are sent to sign in. `takes: cards`: the gateway's form for
/// cards is on it.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) template: String,
    pub(crate) audience: Audience,
    pub(crate) asks: Vec<Ask>,
    pub(crate) locked: Option<String>,
    pub(crate) takes_cards: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) name: String,
    pub(crate) address: Address,
    pub(crate) is_optional: bool,
}

impl Page {
    /// `None`: the template is part of others, and no page.
    pub(crate) fn parse(template: &str, source: &str) -> Option<Self> {
        let head = source.strip_prefix("{#")?.split_once("#}")?.0;
        let mut page = Self {
            path: String::new(),
            template: template.to_owned(),
            audience: Audience::Anybody,
            asks: Vec::new(),
            locked: None,
            takes_cards: false,
        };
        for (name, value) in head.lines().filter_map(|line| line.trim().split_once(": ")) {
            match name {
                "path" => value.clone_into(&mut page.path),
                "for" => {
                    page.audience = match value {
                        "people" => Audience::People,
                        "staff" => Audience::Staff,
                        _ => Audience::Anybody,
                    }
                }
                "locked" => page.locked = Some(value.to_owned()),
                "takes" => page.takes_cards = value == "cards",
                _ => page.asks.push(Ask {
                    name: name.trim_end_matches('?').to_owned(),
                    address: Address(value.to_owned()),
                    is_optional: name.ends_with('?'),
                }),
            }
        }
        (!page.path.is_empty()).then_some(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_says_what_it_is_made_of() {
        let source = "{#\npath: /admin/orders/{id}\nfor: staff\norder: /v1/orders/{id}\nmails?: /v1/mails\ntakes: cards\n#}\n<p>";
        let page = Page::parse("admin/order.html", source).unwrap();
        assert_eq!(page.path, "/admin/orders/{id}");
        assert_eq!(page.audience, Audience::Staff);
        let asks: Vec<_> = page
            .asks
            .iter()
            .map(|ask| (ask.name.as_str(), ask.is_optional))
            .collect();
        assert_eq!(asks, [("order", false), ("mails", true)]);
        assert!(page.takes_cards);
        assert!(Page::parse("layout.html", "<html>").is_none());
    }
}
