use super::layout::{self, Mode, NONE, WINDOW_BYTES, WINDOWED, stride};
use super::{Layer, List, Route, Table};
use crate::decide::Visitor;
use crate::zip::State;

/// A visitor in the numbers of one table. Meaningless with another.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    product: u32,
    /// The row of language, device and media in a page; the product's is its number.
    language: u32,
    device: u32,
    media: u32,
    zip: u32,
    /// 0: the prefix is unassigned.
    state: u32,
    at: i64,
}

/// What a page knows of places besides being the page of one.
#[derive(Clone, Copy)]
enum Fifth {
    Nothing,
    State(u32),
    /// The last two digits.
    Zip(u32),
}

impl Table {
    /// Translates a visitor; `state` is where the ZIP lies. `None` for a product that the brand does not have.
    /// Languages and channels that no rule names are all alike.
    #[must_use]
    pub fn question(&self, visitor: &Visitor<'_>, state: Option<State>) -> Option<Question> {
        let rows = self.rows;
        let row = |list, text: &str| self.find(list, text).map_or(0, |index| index.saturating_add(1));
        Some(Question {
            product: self.find(List::Products, visitor.product)?,
            language: rows
                .first_language()
                .wrapping_add(row(List::Languages, visitor.language)),
            device: rows.first_device().wrapping_add(visitor.device as u32),
            media: rows.first_media().wrapping_add(row(List::Media, visitor.media)),
            zip: visitor.zip.zip.number(),
            state: state.map_or(0, |state| u32::from(state.number())),
            at: visitor.at,
        })
    }

    /// The number of the rule that decides, if one does; fallbacks are not rules. Allocates nothing.
    #[must_use]
    pub fn rule(&self, question: &Question) -> Option<u32> {
        self.destination(question).map(|route| route.rule)
    }

    /// The rule that decides. None does where no state is: rules for any place mean places that exist.
    pub(crate) fn destination(&self, question: &Question) -> Option<Route> {
        let layer = self.layers.first().filter(|_| question.state != 0)?;
        let (rule, target) = self.info(layer, self.best(layer, question)?);
        self.route(rule, target)
    }

    /// The product's fallback, else the brand's.
    pub(crate) fn fallback(&self, question: &Question) -> Option<Route> {
        let routes = self.fallbacks();
        let mut matching = routes.filter(|route| match route.mode {
            Mode::ProductFallback => route.rule == question.product,
            _ => true,
        });
        matching.next()
    }

    /// The brand's fallback.
    pub(crate) fn brand_fallback(&self) -> Option<Route> {
        self.fallbacks().find(|route| route.mode == Mode::BrandFallback)
    }

    fn fallbacks(&self) -> impl Iterator<Item = Route> {
        self.layers.first().into_iter().flat_map(|layer| {
            (layer.fallbacks..layer.ranks).filter_map(|rank| {
                let (rule, target) = self.info(layer, rank);
                self.route(rule, target)
            })
        })
    }

    /// Variable → value, by variable.
    pub(crate) fn attributes(&self, question: &Question) -> Vec<(&str, &str)> {
        let layers = self.layers.iter().skip(1);
        let attribute = |layer: &Layer| {
            let (_, value) = self.info(layer, self.best(layer, question)?);
            Some((self.string(layer.variable), self.string(value)))
        };
        layers.filter_map(attribute).collect()
    }

    /// The lowest rank that matches.
    fn best(&self, layer: &Layer, question: &Question) -> Option<u32> {
        let products = self.rows.products;
        let mut best = NONE;
        if question.state != 0 {
            let prefix = layout::prefix_entry(products, question.zip / 100);
            best = self.scan(layer, prefix, Fifth::Zip(question.zip % 100), question, best);
            best = self.scan(layer, question.state, Fifth::Nothing, question, best);
        }
        let product = layout::product_entry(question.product);
        best = self.scan(layer, product, Fifth::Nothing, question, best);
        best = self.scan(layer, layout::REST, Fifth::State(question.state), question, best);
        Some(best).filter(|best| *best != NONE)
    }

    /// The lower of `best` and the lowest matching rank of a page.
    fn scan(&self, layer: &Layer, entry: u32, fifth: Fifth, question: &Question, best: u32) -> u32 {
        let page = self.word(layer.directory_at.wrapping_add((entry as usize).wrapping_mul(4))) as usize;
        if page == 0 {
            return best;
        }
        // Cut to size once, so that the loops below need no further bounds.
        let page = self.bytes.get(page..).and_then(<[u8]>::split_first_chunk);
        let Some((count, page)) = page.map(|(count, page)| (u32::from_le_bytes(*count) as usize, page))
        else {
            return best;
        };
        let Some((ranks, after_ranks)) = page.split_at_checked(count.wrapping_mul(4)) else {
            return best;
        };
        let ranks = Ranks(ranks.as_chunks().0);
        if ranks.at(0) & !WINDOWED >= best {
            return best;
        }
        let end = self.rows.end();
        let (rows, fifth) = match fifth {
            Fifth::Nothing => (after_ranks, question.product),
            Fifth::State(state) => (after_ranks, end.wrapping_add(state)),
            Fifth::Zip(digits) => {
                let (rows, class) = class(after_ranks, digits);
                (rows, end.wrapping_add(class))
            }
        };
        let stride = stride(count);
        let row = |row: u32| {
            let at = stride.wrapping_mul(row as usize);
            let bytes = rows.get(at..at.wrapping_add(stride.max(8)));
            bytes.unwrap_or_default().as_chunks().0
        };
        let rows = [
            question.product,
            question.language,
            question.device,
            question.media,
            fifth,
        ]
        .map(row);
        self.first(layer, ranks, rows, question.at, best)
    }

    /// The lower of `best` and the first clause of a page that matches and is valid now.
    fn first(&self, layer: &Layer, ranks: Ranks<'_>, rows: [&[[u8; 8]]; 5], now: i64, best: u32) -> u32 {
        let [a, b, c, d, e] = rows;
        let blocks = a.iter().zip(b).zip(c).zip(d).zip(e);
        for (block, ((((a, b), c), d), e)) in blocks.enumerate() {
            let first = block.wrapping_mul(64);
            // Ranks ascend: what follows cannot be better. Asked once per cache line of a row.
            if block % 8 == 0 && ranks.at(first) & !WINDOWED >= best {
                return best;
            }
            let [a, b, c, d, e] = [a, b, c, d, e].map(|word| u64::from_le_bytes(*word));
            let mut bits = a & b & c & d & e;
            while bits != 0 {
                // Past the last clause the next row begins, and there is no rank.
                let rank = ranks.at(first.wrapping_add(bits.trailing_zeros() as usize));
                if rank == NONE || rank & !WINDOWED >= best {
                    return best;
                }
                if rank & WINDOWED == 0 || self.open(layer, rank & !WINDOWED, now) {
                    return rank & !WINDOWED;
                }
                bits &= bits.wrapping_sub(1);
            }
        }
        best
    }

    /// Whether the clause's validity window is open: from ≤ now < until.
    #[cold]
    fn open(&self, layer: &Layer, rank: u32, now: i64) -> bool {
        let Some(at) = self.window(layer, rank) else {
            return false;
        };
        let [from, until] = [4, 12].map(|word| self.long(at.wrapping_add(word)).cast_signed());
        from <= now && now < until
    }

    /// Where the window of a rank lies.
    pub(super) fn window(&self, layer: &Layer, rank: u32) -> Option<usize> {
        let at = |index: u32| {
            layer
                .windows_at
                .wrapping_add((index as usize).wrapping_mul(WINDOW_BYTES))
        };
        let (mut low, mut high) = (0, layer.windows);
        while low < high {
            let middle = low.midpoint(high);
            match self.word(at(middle)).cmp(&rank) {
                std::cmp::Ordering::Less => low = middle.saturating_add(1),
                std::cmp::Ordering::Equal => return Some(at(middle)),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

/// Of a page, ascending.
#[derive(Clone, Copy)]
struct Ranks<'a>(&'a [[u8; 4]]);

impl Ranks<'_> {
    /// The rank of a clause, beyond all others where there is none.
    fn at(self, clause: usize) -> u32 {
        self.0.get(clause).map_or(NONE, |rank| u32::from_le_bytes(*rank))
    }
}

/// The rows of a prefix page, and the class of a ZIP.
fn class(page: &[u8], digits: u32) -> (&[u8], u32) {
    let Some((runs, page)) = page.split_first_chunk() else {
        return (&[], 0);
    };
    let runs = u128::from_le_bytes(*runs);
    let up_to = runs & (u128::MAX >> 127_u32.saturating_sub(digits));
    let run = up_to.count_ones().saturating_sub(1) as usize;
    let padded = (runs.count_ones() as usize).next_multiple_of(4);
    let rows = page.get(padded..).unwrap_or_default();
    (rows, u32::from(page.get(run).copied().unwrap_or_default()))
}
