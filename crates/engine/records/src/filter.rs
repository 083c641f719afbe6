//! Filters of a caller become conditions of the store: paths are resolved, operators allowed, operands normalised.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::field::Context;
use kontor_model::{Error, ErrorCode, Field, Filter, Json, Kind, Op, Result, Value, name};
use kontor_store::{Cond, Expr, Join, Which};

use crate::{Access, Ctx};

/// How many conditions one filter may have.
const MAX_TESTS: usize = 200;
/// How many values one `in` may have.
const MAX_IN: usize = 10_000;

/// Resolves paths of one object and collects the joins that they need.
pub struct Resolver<'a> {
    ctx: &'a Ctx,
    pub def: &'a Arc<ObjectDef>,
    pub joins: Vec<Join>,
    relations: Vec<(String, Arc<ObjectDef>)>,
    tests: usize,
    /// Whether some condition is served by an index on its own.
    pub selective: bool,
}

fn bad(detail: String) -> Error {
    Error::new(ErrorCode::BadQuery, detail)
}

impl<'a> Resolver<'a> {
    pub fn new(ctx: &'a Ctx, def: &'a Arc<ObjectDef>) -> Self {
        Self { ctx, def, joins: Vec::new(), relations: Vec::new(), tests: 0, selective: false }
    }

    /// `city`, `custom.score`, or one relation further: `company.city`.
    ///
    /// # Errors
    /// 400003 naming the nearest right path.
    pub fn path(&mut self, path: &str) -> Result<(Field, Expr, bool)> {
        if let Some((index, field)) = self.def.field(path) {
            let expr = self.def.expr(index, 0).ok_or_else(|| Error::internal("a field without a place"))?;
            return Ok((field.clone(), expr, true));
        }
        if let Some((relation, rest)) = path.split_once('.').filter(|(relation, _)| *relation != "custom") {
            let (number, target) = self.join(relation, path)?;
            let Some((index, field)) = target.field(rest) else {
                let hint = name::hint(rest, target.paths());
                return Err(bad(format!("\"{path}\": {} has no field \"{rest}\"{hint}", target.name)));
            };
            let expr = target.expr(index, number).ok_or_else(|| Error::internal("a field without a place"))?;
            return Ok((field.clone(), expr, false));
        }
        let hint = name::hint(path, self.def.paths().chain(self.def.relations()));
        Err(bad(format!("{} has no field \"{path}\"{hint}", self.def.name)))
    }

    fn join(&mut self, relation: &str, path: &str) -> Result<(usize, Arc<ObjectDef>)> {
        if let Some(at) = self.relations.iter().position(|(name, _)| name == relation) {
            let target =
                self.relations.get(at).map(|(_, t)| t.clone()).ok_or_else(|| Error::internal("a join went missing"))?;
            return Ok((at + 1, target));
        }
        let Some((index, field)) = self.def.relation(relation) else {
            let hint = name::hint(relation, self.def.relations());
            return Err(bad(format!("\"{path}\": {} has no reference \"{relation}\"{hint}", self.def.name)));
        };
        let object = field.ty.as_reference().map(|r| r.object.clone()).unwrap_or_default();
        let target = self.ctx.catalog.require(&object)?.clone();
        self.ctx.caller.may(Access::Read, &target)?;
        let on = self.def.expr(index, 0).ok_or_else(|| Error::internal("a field without a place"))?;
        let filter = self.ctx.visible(&target, self.joins.len() + 1);
        self.joins.push(Join { source: target.source(Which::Live), on, filter });
        self.relations.push((relation.to_owned(), target.clone()));
        Ok((self.joins.len(), target))
    }

    /// A whole filter.
    ///
    /// # Errors
    /// 400003 for paths and operators, the operand's own code for values.
    pub fn filter(&mut self, filter: &Filter) -> Result<Cond> {
        self.condition(filter, true)
    }

    fn condition(&mut self, filter: &Filter, certain: bool) -> Result<Cond> {
        self.tests += 1;
        if self.tests > MAX_TESTS {
            return Err(bad(format!("a filter has at most {MAX_TESTS} conditions")));
        }
        Ok(match filter {
            Filter::And(all) => Cond::And(all.iter().map(|f| self.condition(f, certain)).collect::<Result<_>>()?),
            Filter::Or(any) => Cond::Or(any.iter().map(|f| self.condition(f, false)).collect::<Result<_>>()?),
            Filter::Not(one) => Cond::Not(Box::new(self.condition(one, false)?)),
            Filter::Test { path, op, value } => self.test(path, *op, value, certain)?,
        })
    }

    fn test(&mut self, path: &str, op: Op, value: &Json, certain: bool) -> Result<Cond> {
        let (field, left, own) = self.path(path)?;
        let operators = field.spec().operators();
        if !operators.contains(&op) {
            let allowed: Vec<&str> = operators.iter().map(|o| o.name()).collect();
            return Err(bad(format!("\"{path}\" does not take {}; it takes {}", op.name(), allowed.join(", "))));
        }
        let indexed = field.indexed || field.unique || field.name == "id";
        if certain && own && indexed && !matches!(op, Op::Ne | Op::Nin | Op::IsNull | Op::Contains | Op::StartsWith) {
            self.selective = true;
        }
        let settings = self.ctx.caller.settings.clone();
        let cx = Context { settings: &settings, country: None };
        let operand = |input: &Json| field.operand(op, input, &cx).map_err(|fault| Error::from(fault.under(path)));
        Ok(match op {
            Op::IsNull => {
                let wanted = match value {
                    Json::Bool(b) => *b,
                    Json::String(s) if s == "true" => true,
                    Json::String(s) if s == "false" => false,
                    other => {
                        return Err(bad(format!("\"{path}\" is_null takes true or false, not {}", other.excerpt())));
                    }
                };
                Cond::Test { left, op, right: Value::Bool(wanted) }
            }
            Op::In | Op::Nin => {
                let items = list(path, value)?;
                if items.len() > MAX_IN {
                    return Err(bad(format!("\"{path}\": a list has at most {MAX_IN} values, not {}", items.len())));
                }
                let values = items.iter().map(operand).collect::<Result<Vec<_>>>()?;
                many(left, op, values)
            }
            Op::Between => {
                let items = list(path, value)?;
                let [low, high] = items.as_slice() else {
                    return Err(bad(format!("\"{path}\" between takes two values, not {}", items.len())));
                };
                Cond::Between { left, low: operand(low)?, high: operand(high)? }
            }
            Op::Eq if value.is_null() => Cond::Test { left, op: Op::IsNull, right: Value::Bool(true) },
            Op::Ne if value.is_null() => Cond::Test { left, op: Op::IsNull, right: Value::Bool(false) },
            _ => Cond::Test { left, op, right: operand(value)? },
        })
    }
}

/// A list as JSON, or as the words of a URL.
fn list(path: &str, value: &Json) -> Result<Vec<Json>> {
    match value {
        Json::Array(items) => Ok(items.clone()),
        Json::String(text) => Ok(text.split(',').map(|item| Json::String(item.trim().to_owned())).collect()),
        other => Err(bad(format!("\"{path}\" takes a list, not {}", other.kind()))),
    }
}

fn many(left: Expr, op: Op, values: Vec<Value>) -> Cond {
    match left.kind() {
        Kind::Int => Cond::Test { left, op, right: Value::Ints(values.iter().filter_map(Value::as_i64).collect()) },
        Kind::Bool => {
            let any = values.into_iter().map(|right| Cond::Test { left: left.clone(), op: Op::Eq, right }).collect();
            if op == Op::In { Cond::Or(any) } else { Cond::Not(Box::new(Cond::Or(any))) }
        }
        _ => Cond::Test {
            left,
            op,
            right: Value::Texts(values.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()),
        },
    }
}
