//! A map from names, as a sorted list. An isolate knows some hundred names and adds few: a tree would be several
//! times the code for each type that is kept in one.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ByName<T>(Vec<(String, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByName<T> {
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.0.get(self.find(name).ok()?).map(|(_, value)| value)
    }

    /// Takes the place of what had the name.
    pub(crate) fn insert(&mut self, name: &str, value: T) {
        match self.find(name) {
            Ok(at) => {
                if let Some((_, old)) = self.0.get_mut(at) {
                    *old = value;
                }
            }
            Err(at) => self.0.insert(at, (name.to_owned(), value)),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.retain(|other, _| other != name);
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&str, &T) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// In the order of the names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }
}

impl<T: Default> ByName<T> {
    /// Changes what has the name, which may be new.
    pub(crate) fn update<R>(&mut self, name: &str, change: impl FnOnce(&mut T) -> R) -> R {
        let known = self.find(name).ok().and_then(|at| self.0.get_mut(at));
        if let Some((_, value)) = known {
            return change(value);
        }
        let mut value = T::default();
        let result = change(&mut value);
        self.insert(name, value);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_replaced_and_removed() {
        let mut map = ByName::default();
        for (name, value) in [("b", 1), ("c", 2), ("a", 3), ("b", 4), ("", 5)] {
            map.insert(name, value);
        }
        assert_eq!(
            map.iter().collect::<Vec<_>>(),
            [("", &5), ("a", &3), ("b", &4), ("c", &2)]
        );
        assert_eq!((map.get("b"), map.get("d")), (Some(&4), None));
        assert_eq!(map.update("d", |value| std::mem::replace(value, 7)), 0);
        map.remove("b");
        map.remove("x");
        map.retain(|_, value| *value != 3);
        assert_eq!(map.iter().collect::<Vec<_>>(), [("", &5), ("c", &2), ("d", &7)]);
    }
}
