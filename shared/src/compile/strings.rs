use foldhash::HashMap;

/// The strings of a table, each once, by number.
#[derive(Default)]
pub(super) struct Strings {
    numbers: HashMap<String, u32>,
    /// Offset in `pool` and length of each.
    entries: Vec<(usize, usize)>,
    pool: Vec<u8>,
}

impl Strings {
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.entries.len() as u32;
        self.entries.push((self.pool.len(), text.len()));
        self.pool.extend_from_slice(text.as_bytes());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The list of strings for a pool that begins at `at`, and the pool.
    pub(super) fn into_parts(self, at: usize) -> (Vec<u32>, Vec<u8>) {
        let words = self
            .entries
            .iter()
            .flat_map(|(offset, length)| [(at + offset) as u32, *length as u32]);
        (words.collect(), self.pool)
    }
}
