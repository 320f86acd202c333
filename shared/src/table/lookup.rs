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
        let count = self.word(page) as usize;
        let ranks = page.wrapping_add(4);
        if self.word(ranks) & !WINDOWED >= best {
            return best;
        }
        let after_ranks = ranks.wrapping_add(count.wrapping_mul(4));
        let end = self.rows.end();
        let (rows, fifth) = match fifth {
            Fifth::Nothing => (after_ranks, question.product),
            Fifth::State(state) => (after_ranks, end.wrapping_add(state)),
            Fifth::Zip(digits) => {
                let (rows, class) = self.class(after_ranks, digits);
                (rows, end.wrapping_add(class))
            }
        };
        let stride = stride(count);
        let row = |row: u32| rows.wrapping_add(stride.wrapping_mul(row as usize));
        let at = [
            question.product,
            question.language,
            question.device,
            question.media,
            fifth,
        ]
        .map(row);
        let page = Page { ranks, count, at };
        self.first(layer, &page, question.at, best)
    }

    /// Where a prefix page's rows begin, and the class of a ZIP.
    fn class(&self, runs_at: usize, digits: u32) -> (usize, u32) {
        let runs = u128::from(self.long(runs_at)) | u128::from(self.long(runs_at.wrapping_add(8))) << 64;
        let up_to = runs & (u128::MAX >> 127_u32.saturating_sub(digits));
        let run = up_to.count_ones().saturating_sub(1) as usize;
        let classes_at = runs_at.wrapping_add(16);
        let padded = (runs.count_ones() as usize).next_multiple_of(4);
        (
            classes_at.wrapping_add(padded),
            u32::from(self.byte(classes_at.wrapping_add(run))),
        )
    }

    /// The lower of `best` and the first clause of a page that matches and is valid now.
    fn first(&self, layer: &Layer, page: &Page, now: i64, best: u32) -> u32 {
        for block in 0..page.count.div_ceil(64) {
            let first = block.wrapping_mul(64);
            let rank =
                |bit: usize| self.word(page.ranks.wrapping_add(first.wrapping_add(bit).wrapping_mul(4)));
            // Ranks ascend: what follows cannot be better. Asked once per cache line of a row.
            if block % 8 == 0 && rank(0) & !WINDOWED >= best {
                return best;
            }
            let [a, b, c, d, e] = page
                .at
                .map(|row| self.long(row.wrapping_add(block.wrapping_mul(8))));
            let mut bits = a & b & c & d & e & low(page.count.wrapping_sub(first));
            while bits != 0 {
                let rank = rank(bits.trailing_zeros() as usize);
                if rank & !WINDOWED >= best {
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

/// A page, and the five rows of one question in it.
struct Page {
    ranks: usize,
    count: usize,
    at: [usize; 5],
}

/// The lowest `count` bits, all from 64 on.
fn low(count: usize) -> u64 {
    if count >= 64 {
        u64::MAX
    } else {
        (1_u64 << count).wrapping_sub(1)
    }
}
