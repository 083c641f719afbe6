//! Groups and figures over the records of one object.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::field::Context;
use kontor_model::{Aggregate, Error, ErrorCode, Field, FieldType, Kind, MeasureFn, Op, Result, Show, Value, name};
use kontor_store::{Cond, Expr, Lane, Order, Select, Which};
use rust_decimal::Decimal;

use crate::filter::Resolver;
use crate::{Access, Ctx, Records, search};

const MAX_GROUPS: u32 = 10_000;
const DEFAULT_GROUPS: u32 = 1_000;
const MAX_KEYS: usize = 8;
const MAX_MEASURES: usize = 20;

/// One member of each answered row.
pub(crate) enum Out {
    /// A column of the select.
    Plain { name: String, column: usize, show: Show },
    /// A sum that may be beyond 64 bits, in units of its scale.
    Sum { name: String, column: usize, scale: u32 },
    /// A sum and a count, divided here so that both databases round alike.
    Average { name: String, sum: usize, count: usize, scale: u32 },
}

fn bad(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::BadQuery, detail)
}

impl Records {
    /// JSON objects separated by commas: one for each group, keys and measures by their names; decimals are strings.
    ///
    /// # Errors
    /// 400003 for paths, functions and names that do not fit; 400004; the database's.
    pub async fn aggregate(&self, ctx: &Ctx, aggregate: &Aggregate) -> Result<Vec<u8>> {
        let def = ctx.catalog.require(&aggregate.object)?.clone();
        ctx.caller.may(Access::Read, &def)?;
        let (select, out) = plan(ctx, &def, aggregate)?;
        let rows = self.rows(ctx, select).await?;
        let mut bytes = Vec::with_capacity(rows.len() * 64);
        for (i, row) in rows.iter().enumerate() {
            if i > 0 {
                bytes.push(b',');
            }
            write_row(&out, row, &mut bytes);
        }
        Ok(bytes)
    }
}

pub(crate) fn plan(ctx: &Ctx, def: &Arc<ObjectDef>, aggregate: &Aggregate) -> Result<(Select, Vec<Out>)> {
    if aggregate.group_by.len() > MAX_KEYS || aggregate.measures.len() > MAX_MEASURES {
        return Err(bad(format!("an aggregate has at most {MAX_KEYS} keys and {MAX_MEASURES} measures")));
    }
    if aggregate.measures.is_empty() && aggregate.group_by.is_empty() {
        return Err(bad("an aggregate needs at least one measure or key"));
    }
    let limit = match aggregate.limit {
        None => DEFAULT_GROUPS,
        Some(n) if (1..=MAX_GROUPS).contains(&n) => n,
        Some(n) => {
            return Err(Error::new(
                ErrorCode::LimitOutOfRange,
                format!("limit must be between 1 and {MAX_GROUPS}, not {n}"),
            ));
        }
    };
    let mut resolver = Resolver::new(ctx, def);
    let mut select = ctx.records_of(def, Which::Live, Vec::new()).limit(u64::from(limit));
    select.lane = Lane::Slow;
    if let Some(filter) = &aggregate.filter {
        select = select.filter(resolver.filter(filter)?);
    }
    if let Some(q) = &aggregate.text {
        if !search::serves(def) {
            return Err(bad(format!("{} has no searched fields; use a filter", def.name)));
        }
        if !search::open(ctx, def) {
            return Err(search::closed(def));
        }
        select.search = Some(search::terms(q).ok_or_else(|| bad("q needs at least one letter or digit"))?);
    }
    let mut out = Vec::new();
    // Names that conditions and orders may use, with their expression and the field whose operands they take.
    let mut named: Vec<(String, Expr, Option<Field>)> = Vec::new();
    for group in &aggregate.group_by {
        let (field, mut expr, _) = resolver.path(&group.path)?;
        let mut show = field.spec().show();
        let mut operand = field.clone();
        if field.kind() == Kind::Json || field.spec().name() == "long_text" {
            return Err(bad(format!("\"{}\" cannot be grouped by", group.path)));
        }
        if let Some(bucket) = group.bucket {
            let zone = match field.spec().name() {
                "date" if group.time_zone.is_some() => {
                    return Err(bad(format!("\"{}\" is a date and has no time zone; leave time_zone out", group.path)));
                }
                "date" => None,
                "datetime" => Some(time_zone(group.time_zone.as_deref().unwrap_or(&ctx.settings().time_zone))?),
                _ => return Err(bad(format!("\"{}\" is no date or time and has no buckets", group.path))),
            };
            expr = Expr::Bucket { of: Box::new(expr), bucket, zone };
            // A bucket is a day, in the version's own form.
            let mut day = Field::new(&group.path, FieldType::date());
            if let (Some(own), Some(form)) = (field.clone().time_form(), day.time_form()) {
                *form = *own;
            }
            show = day.spec().show();
            operand = day;
        } else if group.time_zone.is_some() {
            return Err(bad(format!("\"{}\": time_zone goes with bucket", group.path)));
        }
        claim(&mut named, &group.path, expr.clone(), Some(operand))?;
        out.push(Out::Plain { name: group.path.clone(), column: select.columns.len(), show });
        select.columns.push(expr.clone());
        select.group.push(expr);
    }
    for measure in &aggregate.measures {
        let (expr, field) = measure_expr(&mut resolver, measure)?;
        let column = select.columns.len();
        let name = measure.name.clone();
        let show = field.as_ref().map(|f| f.spec().show());
        let scale = if let Some(Show::Decimal(scale)) = show { u32::from(scale) } else { 0 };
        select.columns.push(expr.clone());
        match measure.function {
            MeasureFn::Count | MeasureFn::CountDistinct => {
                out.push(Out::Plain { name: name.clone(), column, show: Show::Int })
            }
            MeasureFn::Min | MeasureFn::Max => {
                out.push(Out::Plain { name: name.clone(), column, show: show.unwrap_or(Show::Int) })
            }
            MeasureFn::Sum if scale == 0 => out.push(Out::Plain { name: name.clone(), column, show: Show::Int }),
            MeasureFn::Sum => out.push(Out::Sum { name: name.clone(), column, scale }),
            MeasureFn::Avg => {
                if let Expr::Sum(of) = &expr {
                    select.columns.push(Expr::CountOf(of.clone()));
                }
                out.push(Out::Average { name: name.clone(), sum: column, count: column + 1, scale });
            }
        }
        let conditional = (measure.function != MeasureFn::Avg).then_some(expr);
        let operand = match measure.function {
            MeasureFn::Count | MeasureFn::CountDistinct => None,
            _ => field,
        };
        match conditional {
            Some(expr) => claim(&mut named, &name, expr, operand)?,
            None if named.iter().any(|(n, ..)| *n == name) => return Err(bad(format!("\"{name}\" is given twice"))),
            None => {}
        }
    }
    for having in &aggregate.having {
        let (expr, field) = lookup(&named, &having.name, "having")?;
        let integer = Field::new(&having.name, FieldType::integer());
        let field = field.unwrap_or(&integer);
        if !matches!(having.op, Op::Eq | Op::Ne | Op::Lt | Op::Lte | Op::Gt | Op::Gte) {
            return Err(bad(format!("having takes eq, ne, lt, lte, gt, gte, not {}", having.op.name())));
        }
        let right = field
            .operand(having.op, &having.value, &Context { settings: ctx.settings(), country: None })
            .map_err(|f| Error::from(f.under(&having.name)))?;
        let cond = Cond::Test { left: expr.clone(), op: having.op, right };
        select.having = Some(match select.having.take() {
            None => cond,
            Some(first) => Cond::And(vec![first, cond]),
        });
    }
    for sort in &aggregate.sort {
        let (expr, _) = lookup(&named, &sort.path, "sort")?;
        select.order.push(Order { by: expr.clone(), descending: sort.descending });
    }
    // A total order, so that a limit always cuts at the same place.
    for expr in &select.group {
        if !select.order.iter().any(|o| o.by == *expr) {
            select.order.push(Order { by: expr.clone(), descending: false });
        }
    }
    select.joins = resolver.joins;
    Ok((select, out))
}

fn measure_expr(resolver: &mut Resolver<'_>, measure: &kontor_model::Measure) -> Result<(Expr, Option<Field>)> {
    let Some(path) = &measure.path else {
        return match measure.function {
            MeasureFn::Count => Ok((Expr::Count, None)),
            other => Err(bad(format!("{} needs a field", other.name()))),
        };
    };
    let (field, expr, _) = resolver.path(path)?;
    let number = field.spec().is_number();
    let of = Box::new(expr);
    let expr = match measure.function {
        MeasureFn::Count => Expr::CountOf(of),
        MeasureFn::CountDistinct if field.kind() != Kind::Json => Expr::CountDistinct(of),
        MeasureFn::Sum | MeasureFn::Avg if number => Expr::Sum(of),
        MeasureFn::Min if field.kind() != Kind::Json && field.kind() != Kind::Bool => Expr::Min(of),
        MeasureFn::Max if field.kind() != Kind::Json && field.kind() != Kind::Bool => Expr::Max(of),
        other => {
            return Err(bad(format!(
                "{} does not go with \"{path}\", a field of type {}",
                other.name(),
                field.spec().name()
            )));
        }
    };
    Ok((expr, Some(field)))
}

fn claim(named: &mut Vec<(String, Expr, Option<Field>)>, name: &str, expr: Expr, field: Option<Field>) -> Result<()> {
    if named.iter().any(|(n, ..)| n == name) {
        return Err(bad(format!("\"{name}\" is given twice")));
    }
    named.push((name.to_owned(), expr, field));
    Ok(())
}

fn lookup<'a>(
    named: &'a [(String, Expr, Option<Field>)],
    name: &str,
    what: &str,
) -> Result<(&'a Expr, Option<&'a Field>)> {
    named.iter().find(|(n, ..)| n == name).map(|(_, e, f)| (e, f.as_ref())).ok_or_else(|| {
        let hint = name::hint(name, named.iter().map(|(n, ..)| n.as_str()));
        bad(format!("{what}: \"{name}\" is no key and no measure of this aggregate{hint}"))
    })
}

/// A zone of the time zone database, by its own spelling; nothing else reaches the store.
fn time_zone(zone: &str) -> Result<String> {
    let found = jiff::tz::TimeZone::get(zone).ok().and_then(|z| z.iana_name().map(str::to_owned));
    found.ok_or_else(|| {
        bad(format!(
            "\"{}\" is no time zone; use a name such as Europe/Berlin",
            zone.chars().take(60).collect::<String>()
        ))
    })
}

pub(crate) fn write_row(out: &[Out], row: &[Value], bytes: &mut Vec<u8>) {
    bytes.push(b'{');
    for (i, member) in out.iter().enumerate() {
        if i > 0 {
            bytes.push(b',');
        }
        let (name, text) = match member {
            Out::Plain { name, column, show } => (name, row.get(*column).map(|v| plain(v, *show))),
            Out::Sum { name, column, scale } => {
                (name, row.get(*column).and_then(|v| units(v, *scale)).map(|d| format!("\"{}\"", d.normalize())))
            }
            Out::Average { name, sum, count, scale } => {
                let sum = row.get(*sum).and_then(|v| units(v, *scale));
                let count = row.get(*count).and_then(Value::as_i64).filter(|n| *n > 0);
                let average = sum.zip(count).and_then(|(s, n)| s.checked_div(Decimal::from(n)));
                (
                    name,
                    average.map(|d| {
                        format!(
                            "\"{}\"",
                            d.round_dp_with_strategy(6, rust_decimal::RoundingStrategy::MidpointNearestEven)
                                .normalize()
                        )
                    }),
                )
            }
        };
        kontor_model::show::write_string(name, bytes);
        bytes.push(b':');
        bytes.extend_from_slice(text.as_deref().unwrap_or("null").as_bytes());
    }
    bytes.push(b'}');
}

/// A whole number beyond 64 bits came as text and stays a number.
fn plain(value: &Value, show: Show) -> String {
    match (value, show) {
        (Value::Text(digits), Show::Int) => digits.clone(),
        _ => show.text(value),
    }
}

/// A sum in units of `10^-scale` as a decimal.
fn units(value: &Value, scale: u32) -> Option<Decimal> {
    match value {
        Value::Int(n) => Some(Decimal::from_i128_with_scale(i128::from(*n), scale)),
        Value::Text(digits) => {
            digits.parse::<i128>().ok().and_then(|n| Decimal::try_from_i128_with_scale(n, scale).ok())
        }
        _ => None,
    }
}
