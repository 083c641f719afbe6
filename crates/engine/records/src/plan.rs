//! A [`Query`] becomes a [`Select`]: filter, full text, order, page.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Error, ErrorCode, Kind, Query, Result};
use kontor_store::{Expr, Lane, Order, Select, Which};

use crate::cursor::{Position, Signer, fingerprint};
use crate::filter::Resolver;
use crate::{Ctx, DEFAULT_LIMIT, MAX_LIMIT, search};

/// How far an offset may go: beyond it a cursor is the way.
const MAX_OFFSET: u64 = 100_000;
const MAX_SORT: usize = 5;

/// A query that is ready for the store.
pub struct Plan {
    pub select: Select,
    pub limit: u32,
    pub offset: u64,
    pub fingerprint: [u8; 8],
    /// Ordered by closeness: cursors count rows.
    pub ranked: bool,
}

/// The page's size.
///
/// # Errors
/// 400004.
pub fn limit(asked: Option<u32>) -> Result<u32> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(n) if (1..=MAX_LIMIT).contains(&n) => Ok(n),
        Some(n) => {
            Err(Error::new(ErrorCode::LimitOutOfRange, format!("limit must be between 1 and {MAX_LIMIT}, not {n}")))
        }
    }
}

/// Resolves a query; the select's columns are the object's own.
///
/// # Errors
/// 400003, 400004, 400005 and the codes of operands.
pub fn plan(ctx: &Ctx, def: &Arc<ObjectDef>, query: &Query, signer: &Signer) -> Result<Plan> {
    let limit = limit(query.limit)?;
    let mut resolver = Resolver::new(ctx, def);
    let filter = query.filter.as_ref().map(|f| resolver.filter(f)).transpose()?;
    let search = match query.text.as_deref() {
        None => None,
        Some(_) if !search::serves(def) => {
            return Err(Error::new(ErrorCode::BadQuery, format!("{} has no searched fields; use a filter", def.name)));
        }
        Some(_) if !search::open(ctx, def) => return Err(search::closed(def)),
        Some(q) => Some(
            search::terms(q).ok_or_else(|| Error::new(ErrorCode::BadQuery, "q needs at least one letter or digit"))?,
        ),
    };
    let ranked = query.sort.is_empty() && search.as_ref().is_some_and(search::ranked);
    let (order, sorted_by_index) =
        if ranked { (vec![Order { by: Expr::Rank, descending: false }], true) } else { order(&mut resolver, query)? };
    let quick = search.is_none() && sorted_by_index && (filter.is_none() || resolver.selective);

    let filter_text = query.filter.as_ref().map(|f| format!("{f:?}")).unwrap_or_default();
    let sort_text: Vec<String> =
        query.sort.iter().map(|s| format!("{}{}", if s.descending { "-" } else { "" }, s.path)).collect();
    let space = ctx.space().to_string();
    let fingerprint = fingerprint(&[
        ctx.catalog.api().name(),
        &space,
        &def.key,
        &filter_text,
        query.text.as_deref().unwrap_or_default(),
        &sort_text.join(","),
        if query.deleted { "bin" } else { "" },
    ]);

    let which = if query.deleted { Which::Bin } else { Which::Live };
    let mut select = ctx.records_of(def, which, def.exprs.clone());
    select.joins = resolver.joins;
    if let Some(filter) = filter {
        select = select.filter(filter);
    }
    select.search = search;
    select.lane = if quick { Lane::Quick } else { Lane::Slow };
    if query.offset.is_some()
        && let Some(why) = kontor_catalog::versions::refused_parameter(ctx.catalog.api(), "offset")
    {
        return Err(Error::new(ErrorCode::BadQuery, why));
    }
    let mut offset = query.offset.unwrap_or(0);
    if offset > MAX_OFFSET {
        return Err(Error::new(
            ErrorCode::LimitOutOfRange,
            format!("offset must be at most {MAX_OFFSET}; follow next_cursor instead"),
        ));
    }
    if let Some(cursor) = &query.cursor {
        if query.offset.is_some() {
            return Err(Error::new(ErrorCode::BadQuery, "send cursor or offset, not both"));
        }
        let kinds: Vec<Kind> = order.iter().map(|o| o.by.kind()).collect();
        match signer.read(&fingerprint, cursor, &kinds)? {
            Position::After(values) => select.after = Some(values),
            Position::Offset(n) => offset = n,
        }
    }
    select.order = order;
    select.offset = offset;
    select.limit = Some(u64::from(limit) + 1);
    Ok(Plan { select, limit, offset, fingerprint, ranked })
}

/// The order with its tie-breakers: `created_at` and `id` in the direction of the last key, so that every order is
/// total and the indexes (field, created_at, id) serve it. Newest first when nothing is said.
fn order(resolver: &mut Resolver<'_>, query: &Query) -> Result<(Vec<Order>, bool)> {
    if query.sort.len() > MAX_SORT {
        return Err(Error::new(ErrorCode::BadQuery, format!("sort takes at most {MAX_SORT} fields")));
    }
    let mut order: Vec<Order> = Vec::new();
    let mut by_index = true;
    for (i, sort) in query.sort.iter().enumerate() {
        let (field, by, own) = resolver.path(&sort.path)?;
        if field.kind() == Kind::Json || field.spec().name() == "long_text" {
            return Err(Error::new(ErrorCode::BadQuery, format!("\"{}\" cannot be sorted by", sort.path)));
        }
        by_index &= own && i == 0 && (field.indexed || field.unique || field.name == "id");
        if !order.iter().any(|o| o.by == by) {
            order.push(Order { by, descending: sort.descending });
        }
    }
    let descending = order.last().is_none_or(|o| o.descending);
    for name in ["created_at", "id"] {
        if order.iter().any(|o| matches!(&o.by, Expr::Column { relation: 0, name, .. } if &**name == "id")) {
            break;
        }
        let by = Expr::column(name, Kind::Int);
        if !order.iter().any(|o| o.by == by) {
            order.push(Order { by, descending });
        }
    }
    Ok((order, by_index))
}
