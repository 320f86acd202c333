use sqlx::{Postgres, Transaction};

use super::{Dimension, Filter};
use crate::app::App;
use crate::hits::domain::Grain;

/// How much counts tell apart. The fewer columns, the fewer rows: a question is asked of the coarsest cut that has an
/// answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// All that is counted.
    Full,
    Brand,
    State,
    /// Both; by the day.
    BrandState,
    /// Brand, rule and variant; by the day.
    Rule,
}

impl Cut {
    /// For counts of this grain, filtered and grouped like this. Every cut has product, outcome and bot.
    pub(super) fn of(grain: Grain, filter: &Filter, group_by: &[Dimension]) -> Self {
        let told = |dimension| group_by.contains(&dimension);
        let brand = filter.brand.is_some() || told(Dimension::Brand);
        let state = filter.state.is_some() || told(Dimension::State);
        let rule = filter.rule.is_some()
            || filter.variant.is_some()
            || told(Dimension::Rule)
            || told(Dimension::Variant);
        match (grain, brand, state, rule) {
            (Grain::Hour | Grain::Day, _, false, false) => Self::Brand,
            (Grain::Hour | Grain::Day, false, true, false) => Self::State,
            (Grain::Day, true, true, false) => Self::BrandState,
            (Grain::Day, _, false, true) => Self::Rule,
            _ => Self::Full,
        }
    }

    /// As written in the database.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Brand => "brand",
            Self::State => "state",
            Self::BrandState => "brand_state",
            Self::Rule => "rule",
        }
    }
}

/// A look at the counts of one moment. Each query is planned for its own filters: a plan for any filter would read
/// everything, and so would one be compiled for longer than it runs.
pub(super) async fn look(app: &App) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = app
        .db
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    sqlx::query!(
        "select
            set_config('plan_cache_mode', 'force_custom_plan', true) as plans,
            set_config('jit', 'off', true) as jit,
            set_config('work_mem', '32MB', true) as memory"
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(tx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_of_the_coarsest_counts_that_know_the_answer() {
        let brand = Filter {
            brand: Some("acme".to_owned()),
            ..Filter::default()
        };
        let all = Filter::default();
        for (grain, filter, by, cut) in [
            (Grain::Day, &all, &[][..], Cut::Brand),
            (
                Grain::Day,
                &all,
                &[Dimension::Brand, Dimension::Outcome],
                Cut::Brand,
            ),
            (Grain::Hour, &brand, &[Dimension::Product], Cut::Brand),
            (
                Grain::Hour,
                &all,
                &[Dimension::State, Dimension::Product],
                Cut::State,
            ),
            (Grain::Day, &brand, &[Dimension::State], Cut::BrandState),
            (Grain::Hour, &brand, &[Dimension::State], Cut::Full),
            (
                Grain::Day,
                &brand,
                &[Dimension::Rule, Dimension::Variant],
                Cut::Rule,
            ),
            (Grain::Hour, &brand, &[Dimension::Rule], Cut::Full),
            (
                Grain::Day,
                &brand,
                &[Dimension::Rule, Dimension::State],
                Cut::Full,
            ),
            (Grain::Minute, &all, &[], Cut::Full),
        ] {
            assert_eq!(Cut::of(grain, filter, by), cut, "{grain} {filter:?} {by:?}");
        }
    }
}
