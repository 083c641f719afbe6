//! What every back end must do alike: named checks over an open store, each in spaces of its own, so that one
//! database serves them all.
//!
//! A back end's test is `suite::run_all(store).await`. `KONTOR_SUITE_ONLY=search` runs the checks whose names contain
//! that text.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kontor_model::SpaceId;

use crate::Store;

/// Fails the check when the two differ.
macro_rules! same {
    ($left:expr, $right:expr $(, $($why:tt)+)?) => {{
        let (left, right) = (&$left, &$right);
        if *left != *right {
            let why = <[String]>::concat(&[$(format!($($why)+))?]);
            return Err($crate::suite::Fail::new(format!("{}:{}: {} {left:?} is not {right:?}", file!(), line!(), why)));
        }
    }};
}

/// Fails the check when the condition is false.
macro_rules! holds {
    ($cond:expr, $($why:tt)+) => {
        if !$cond {
            return Err($crate::suite::Fail::new(format!("{}:{}: {}", file!(), line!(), format!($($why)+))));
        }
    };
}

mod buckets;
mod fixture;
mod groups;
mod guards;
mod joins;
mod json;
mod load;
mod migrate;
mod order;
mod pages;
mod paging;
mod search;
mod spaces;
mod tests;
mod text;
mod unique;
mod values;
mod writes;

pub use fixture::{Ctx, schema};

/// Why a check failed.
#[derive(Clone)]
pub struct Fail(String);

impl Fail {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Fail {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// What a check says.
pub type Outcome = Result<(), Fail>;

/// One check.
pub type CheckFn = fn(Ctx) -> BoxFuture<'static, Outcome>;

macro_rules! checks {
    ($($module:ident: $($check:ident),+;)+) => {
        /// All checks, in the order they run: those on the schema's version come last.
        pub fn checks() -> Vec<(&'static str, CheckFn)> {
            vec![$($((concat!(stringify!($module), "::", stringify!($check)), |ctx| Box::pin($module::$check(ctx)))),+),+]
        }
    };
}

checks! {
    values: every_kind_at_its_limits, text_of_every_sort, json_keeps_its_values, bytes_and_blobs, nulls_of_every_kind, sql_in_every_text;
    order: null_is_smallest, text_sorts_by_code_point, bools_sort, several_keys, offset_and_limit;
    text: contains_and_starts_with, wildcards_are_letters, unicode_without_case;
    tests: comparisons, negations_keep_nulls, lists, long_lists, between_and_never, and_or_not, json_lists_contain;
    writes: on_conflict, add, updates_and_deletes, many_rows_in_one_batch, empty_batch;
    guards: a_lost_guard_undoes_all, deletes_guard, failing_batches_harm_no_other, one_version_wins;
    unique: names_the_index, one_of_a_hundred_wins, only_live_rows, primary_key, moves_within_a_batch;
    load: a_thousand_commits, reads_see_what_was_committed;
    paging: every_row_once_up, every_row_once_down, nulls_in_the_key, while_rows_come_and_go;
    joins: filter_sort_and_read, bin_rows_do_not_join, group_by_joined, custom_objects;
    groups: measures, sums_beyond_64_bits, having_and_order, distinct;
    buckets: of_dates, of_times_in_zones, of_days_when_clocks_change, as_groups;
    search: words_and_prefixes, phrases, cjk, follows_updates_and_deletes, with_filters_and_rank, only_this_space;
    json: filters, sorts_and_groups, unique_per_space, duplicates_refuse_the_index, big_numbers;
    spaces: every_verb, same_ids, beside;
    pages: page_equals_rows, custom_fields;
    migrate: twice_does_nothing, adds_a_column_and_keeps_rows, ping_and_status, versions_are_checked;
}

/// Migrates the store to the suite's tables and runs every check. Gives the number of checks that ran.
///
/// # Errors
/// The failed checks, one a line.
pub async fn run_all(store: Arc<dyn Store>) -> Result<usize, String> {
    let only = std::env::var("KONTOR_SUITE_ONLY").unwrap_or_default();
    store.migrate(Arc::new(schema())).await.map_err(|error| format!("migrate: {error}"))?;
    let (mut ran, mut failed) = (0, Vec::new());
    for ((name, check), number) in checks().into_iter().zip(1i64..) {
        if !name.contains(&only) {
            continue;
        }
        ran += 1;
        let started = Instant::now();
        let ctx = Ctx { store: store.clone(), space: SpaceId(number * 10), other: SpaceId(number * 10 + 1) };
        let outcome = tokio::time::timeout(Duration::from_secs(120), tokio::spawn(check(ctx))).await;
        let problem = match outcome {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(fail))) => Some(format!("{fail:?}")),
            Ok(Err(panic)) => Some(panic.to_string()),
            Err(_) => Some("took longer than two minutes".to_owned()),
        };
        let ms = started.elapsed().as_millis();
        match problem {
            None => println!("check {name} ... ok ({ms} ms)"),
            Some(problem) => {
                println!("check {name} ... FAILED: {problem}");
                failed.push(format!("{name}: {problem}"));
            }
        }
    }
    if failed.is_empty() { Ok(ran) } else { Err(failed.join("\n")) }
}
