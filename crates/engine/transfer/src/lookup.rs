//! References by a text: one question per chunk and field, and a bounded memory of the answers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_jobs::Failure;
use kontor_model::field::Context;
use kontor_model::{Change, Changes, Error, Id, Json, Kind, Op, Result, Value};
use kontor_records::{Access, Answer, Ctx, Outcome, Records};
use kontor_store::{Cond, Expr, Which};

use crate::convert::{Plan, Wanted};
use crate::mapping::Missing;

/// Answers kept for each field from chunk to chunk.
const KEPT: usize = 50_000;
/// Records made at once for references that found nothing.
const MADE: usize = 500;

/// What a text refers to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    One(Id),
    Many(Vec<Id>),
    None,
    /// A dry run would make it.
    Would,
    /// It was to be made and could not be.
    Refused(Failure),
}

/// The references of one import.
pub struct Lookups {
    records: Arc<Records>,
    dry: bool,
    /// By rule and text; only what was found.
    known: HashMap<usize, HashMap<String, Found>>,
}

impl Lookups {
    pub fn new(records: Arc<Records>, dry: bool) -> Self {
        Self { records, dry, known: HashMap::new() }
    }

    /// Looks up what is not known yet, and makes what is missing where the mapping says so; records of the imported
    /// object itself only at the `end`, when none of them can come any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn prepare(
        &mut self,
        ctx: &Ctx,
        plan: &Plan,
        wanted: impl Iterator<Item = &Wanted>,
        end: bool,
    ) -> Result<()> {
        self.known.retain(|_, known| known.len() <= KEPT);
        let mut by_rule: HashMap<usize, HashSet<&str>> = HashMap::new();
        for one in wanted {
            if self.find(one) == Found::None {
                by_rule.entry(one.rule).or_default().insert(&one.text);
            }
        }
        for (rule, texts) in by_rule {
            let Some(bound) = plan.rules.get(rule) else { continue };
            let (Some(lookup), Some(def)) = (&bound.rule.lookup, &bound.lookup) else { continue };
            let mut texts: Vec<&str> = texts.into_iter().collect();
            texts.sort_unstable();
            let mut found = self.look_up(ctx, def, &lookup.by, &texts).await?;
            if bound.rule.missing == Missing::Create && (end || !plan.refers_to_itself(rule)) {
                texts.retain(|t| !found.contains_key(*t));
                for texts in texts.chunks(MADE) {
                    found.extend(self.make(ctx, def, &lookup.by, texts).await?);
                }
            }
            self.known.entry(rule).or_default().extend(found);
        }
        Ok(())
    }

    /// What a text was found to refer to.
    pub fn find(&self, wanted: &Wanted) -> Found {
        self.known.get(&wanted.rule).and_then(|k| k.get(&wanted.text)).cloned().unwrap_or(Found::None)
    }

    async fn look_up(
        &self,
        ctx: &Ctx,
        def: &Arc<ObjectDef>,
        by: &str,
        texts: &[&str],
    ) -> Result<HashMap<String, Found>> {
        let Some((index, field)) = def.field(by) else { return Ok(HashMap::new()) };
        let Some(left) = def.expr(index, 0) else { return Ok(HashMap::new()) };
        let cx = Context { settings: ctx.settings(), country: None };
        // Several texts may be one value (`A@b.example` and `a@b.example`).
        let mut values: HashMap<String, Vec<&str>> = HashMap::new();
        let (mut ints, mut strings) = (Vec::new(), Vec::new());
        for text in texts {
            match field.operand(Op::Eq, &Json::from(*text), &cx) {
                Ok(Value::Int(n)) => {
                    ints.push(n);
                    values.entry(n.to_string()).or_default().push(text);
                }
                Ok(Value::Text(value)) => {
                    strings.push(value.clone());
                    values.entry(value).or_default().push(text);
                }
                _ => {}
            }
        }
        let right = if left.kind() == Kind::Int { Value::Ints(ints) } else { Value::Texts(strings) };
        let columns = vec![Expr::column("id", Kind::Int), left.clone()];
        let select = ctx.records_of(def, Which::Live, columns);
        let select = select.filter(Cond::Test { left, op: Op::In, right }).order(Expr::column("id", Kind::Int), false);
        let mut found: HashMap<String, Found> = HashMap::new();
        for row in self.records.store().rows(select).await? {
            let [Value::Int(id), value] = row.as_slice() else { continue };
            let key = match value {
                Value::Int(n) => n.to_string(),
                Value::Text(text) => text.clone(),
                _ => continue,
            };
            for text in values.get(&key).into_iter().flatten() {
                found
                    .entry((*text).to_owned())
                    .and_modify(|f| match f {
                        Found::One(first) => *f = Found::Many(vec![*first, Id(*id)]),
                        Found::Many(ids) if ids.len() < 10 => ids.push(Id(*id)),
                        _ => {}
                    })
                    .or_insert(Found::One(Id(*id)));
            }
        }
        Ok(found)
    }

    /// Makes a record for each text.
    async fn make(&self, ctx: &Ctx, def: &Arc<ObjectDef>, by: &str, texts: &[&str]) -> Result<HashMap<String, Found>> {
        let steps = texts
            .iter()
            .map(|text| {
                Change::Create {
                    object: def.name.clone(),
                    data: crate::convert::data(vec![(by.to_owned(), Json::from(*text))]),
                }
                .into()
            })
            .collect();
        let changes = Changes { steps, ..Changes::default() };
        let judged = |result: &Result<Outcome>| match result {
            Ok(_) if self.dry => Found::Would,
            Ok(outcome) => Found::One(outcome.id),
            Err(error) => Found::Refused(Failure::from(error)),
        };
        let found: Vec<Found> = if texts.is_empty() {
            Vec::new()
        } else if self.dry {
            self.records.dry_run(ctx, &changes).await?.iter().map(judged).collect()
        } else {
            let made = std::sync::Mutex::new(Vec::new());
            let render = |results: &[Result<Outcome>]| {
                *made.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = results.iter().map(judged).collect();
                Answer { status: 200, headers: Vec::new(), body: Vec::new() }
            };
            self.records.change(ctx, changes, false, &render).await?;
            made.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        Ok(texts.iter().map(|t| (*t).to_owned()).zip(found).collect())
    }
}

/// Whether the caller may look up and make what the mapping asks for.
///
/// # Errors
/// 403.
pub fn authorise(ctx: &Ctx, plan: &Plan) -> Result<(), Error> {
    ctx.caller.may(Access::Write, &plan.def)?;
    for bound in &plan.rules {
        if let Some(def) = &bound.lookup {
            ctx.caller.may(Access::Read, def)?;
            if bound.rule.missing == Missing::Create {
                ctx.caller.may(Access::Write, def)?;
            }
        }
    }
    Ok(())
}
