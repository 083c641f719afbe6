//! Inserts of one shape, from one batch or many, as one statement with many rows: the server takes most of its time for
//! statements, not for rows.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use kontor_model::{Kind, SpaceId, Value};

use crate::commit::Statement;
use crate::queue::Job;

/// Most rows of one statement. Smaller numbers are put together from powers of two, so that few texts are prepared.
const ROWS: usize = 128;
/// Most parameters of one statement; the protocol allows 65,535.
const PARAMS: usize = 8_192;

/// Rows of one text and one space: row security lets a statement write into one.
pub struct Merged<'a> {
    pub space: SpaceId,
    pub text: String,
    pub params: Vec<&'a (Value, Kind)>,
}

/// A group's statements, those of a space together.
pub struct Plan<'a> {
    /// Sent first: what they would stand in the way of, or need, fails, and is then tried as it was written.
    pub merged: Vec<Merged<'a>>,
    /// Number of the job, number of the write.
    pub rest: Vec<(usize, usize, &'a Statement)>,
}

/// Every statement as it was written.
pub fn apart(jobs: &[Job]) -> Plan<'_> {
    let mut rest: Vec<_> = jobs
        .iter()
        .enumerate()
        .flat_map(|(j, job)| job.compiled.statements.iter().enumerate().map(move |(w, statement)| (j, w, statement)))
        .collect();
    rest.sort_by_key(|(.., statement)| statement.space);
    Plan { merged: Vec::new(), rest }
}

/// Inserts put together. A plain one into a table that its own batch also updates or deletes from keeps its place: one
/// that came too early fails. One that would leave a row be does not fail, and keeps its place where any batch of the
/// group does so. None where nothing would be gained.
pub fn merged(jobs: &[Job]) -> Option<Plan<'_>> {
    let all = || jobs.iter().flat_map(|job| &job.compiled.statements);
    let others = all().filter(|statement| !statement.plain && !statement.keeps);
    let changed: HashSet<(SpaceId, &str)> = others.map(|statement| (statement.space, &*statement.table)).collect();
    let mut shapes: Vec<Vec<&Statement>> = Vec::new();
    let mut places: HashMap<(SpaceId, &str), usize> = HashMap::new();
    let mut rest = Vec::new();
    let mut count = 0;
    for (j, job) in jobs.iter().enumerate() {
        let statements = &job.compiled.statements;
        for (w, statement) in statements.iter().enumerate() {
            count += 1;
            let stays = match (statement.plain, statement.keeps) {
                (true, _) => statements.iter().any(|other| !other.plain && other.table == statement.table),
                (false, true) => changed.contains(&(statement.space, &*statement.table)),
                (false, false) => true,
            };
            if stays {
                rest.push((j, w, statement));
                continue;
            }
            let place = match places.entry((statement.space, &statement.text)) {
                Entry::Occupied(place) => *place.get(),
                Entry::Vacant(place) => {
                    shapes.push(Vec::new());
                    *place.insert(shapes.len() - 1)
                }
            };
            if let Some(shape) = shapes.get_mut(place) {
                shape.push(statement);
            }
        }
    }
    let mut merged: Vec<Merged<'_>> = shapes.iter().flat_map(|shape| chunks(shape)).collect();
    merged.sort_by_key(|rows| rows.space);
    rest.sort_by_key(|(.., statement): &(usize, usize, &Statement)| statement.space);
    (merged.len() + rest.len() < count).then_some(Plan { merged, rest })
}

fn chunks<'a>(rows: &[&'a Statement]) -> Vec<Merged<'a>> {
    let mut out = Vec::new();
    let mut left = rows;
    while let Some(first) = left.first() {
        let width = first.params.len().max(1);
        let most = left.len().min(ROWS).min((PARAMS / width).max(1));
        let (chunk, others) = left.split_at(1 << most.ilog2());
        left = others;
        out.push(Merged {
            space: first.space,
            text: with_rows(&first.text, width, chunk.len()),
            params: chunk.iter().flat_map(|statement| &statement.params).collect(),
        });
    }
    out
}

/// `INSERT … VALUES ($1, $2) …` with `rows` rows of `width` parameters.
fn with_rows(text: &str, width: usize, rows: usize) -> String {
    const VALUES: &str = " VALUES ";
    let Some((head, row)) = text.split_once(VALUES).filter(|_| rows > 1) else { return text.to_owned() };
    let (row, tail) = row.split_at(row.find(" ON CONFLICT ").unwrap_or(row.len()));
    let mut parts = row.split('$');
    let before = parts.next().unwrap_or_default();
    let places: Vec<(usize, &str)> = parts
        .map(|part| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = part.split_at(digits);
            (number.parse().unwrap_or(1), after)
        })
        .collect();
    let mut out = String::with_capacity(head.len() + VALUES.len() + rows * (row.len() + 2 * width));
    out.push_str(head);
    out.push_str(VALUES);
    for n in 0..rows {
        out.push_str(if n > 0 { ", " } else { "" });
        out.push_str(before);
        for (number, after) in &places {
            out.push('$');
            let _ = write!(out, "{}", number + n * width);
            out.push_str(after);
        }
    }
    out.push_str(tail);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commit::compile;
    use kontor_model::SpaceId;
    use kontor_store::{Batch, ColumnRef, OnConflict, Set, Write};
    use std::sync::Arc;

    fn job(writes: &[(&str, i64)], delete_from: Option<&str>) -> Job {
        job_of(1, writes, delete_from)
    }

    fn job_of(space: i64, writes: &[(&str, i64)], delete_from: Option<&str>) -> Job {
        let mut batch = Batch::new(SpaceId(space));
        for (table, id) in writes {
            batch.insert(table, vec![("id", Kind::Int, (*id).into()), ("name", Kind::Text, "x".into())]);
        }
        if let Some(table) = delete_from {
            let keys = vec![(ColumnRef::new("id", Kind::Int), Value::Int(9))];
            batch.writes.insert(0, Write::Delete { table: Arc::from(table), keys, must: true, search: false });
        }
        Job {
            compiled: compile(batch, &HashMap::new()),
            reply: tokio::sync::oneshot::channel().0,
            ticket: crate::queue::Ticket::default(),
        }
    }

    #[test]
    fn rows_of_one_shape_share_a_statement() {
        let jobs = [job(&[("a", 1), ("b", 2)], None), job(&[("a", 3), ("b", 4)], None), job(&[("a", 5)], None)];
        let plan = merged(&jobs).unwrap();
        assert!(plan.rest.is_empty());
        let shown: Vec<(&str, usize)> = plan.merged.iter().map(|m| (m.text.as_str(), m.params.len())).collect();
        assert_eq!(
            shown,
            [
                ("INSERT INTO \"a\" (\"space\", \"id\", \"name\") VALUES ($1, $2, $3), ($4, $5, $6)", 6),
                ("INSERT INTO \"a\" (\"space\", \"id\", \"name\") VALUES ($1, $2, $3)", 3),
                ("INSERT INTO \"b\" (\"space\", \"id\", \"name\") VALUES ($1, $2, $3), ($4, $5, $6)", 6),
            ]
        );
    }

    #[test]
    fn rows_of_two_spaces_do_not_share_a_statement() {
        let jobs = [job_of(2, &[("a", 1)], None), job_of(1, &[("a", 2)], Some("b")), job_of(2, &[("a", 3)], None)];
        let plan = merged(&jobs).unwrap();
        let shown: Vec<(i64, usize)> = plan.merged.iter().map(|m| (m.space.0, m.params.len())).collect();
        assert_eq!(shown, [(1, 3), (2, 6)]);
        let apart: Vec<(i64, usize, usize)> = apart(&jobs).rest.iter().map(|(j, w, s)| (s.space.0, *j, *w)).collect();
        assert_eq!(apart, [(1, 1, 0), (1, 1, 1), (2, 0, 0), (2, 2, 0)]);
    }

    /// A batch that leaves rows of `a` be, and raises one of `b` before.
    fn keeping(ids: &[i64], raises: &str) -> Job {
        let key = |id: i64| (ColumnRef::new("id", Kind::Int), Value::Int(id));
        let set = vec![(ColumnRef::new("name", Kind::Text), Set::To("y".into()))];
        let mut writes =
            vec![Write::Update { table: Arc::from(raises), keys: vec![key(9)], set, must: true, search: None }];
        writes.extend(ids.iter().map(|id| Write::Insert {
            table: Arc::from("a"),
            columns: ["id", "name"].map(|name| ColumnRef::new(name, Kind::Int)).into(),
            values: vec![(*id).into(), Value::Null],
            on_conflict: OnConflict::Keep,
            search: None,
        }));
        let keys = HashMap::from([("a".to_owned(), vec!["id".to_owned()])]);
        Job {
            compiled: compile(Batch { space: SpaceId(1), writes }, &keys),
            reply: tokio::sync::oneshot::channel().0,
            ticket: crate::queue::Ticket::default(),
        }
    }

    #[test]
    fn rows_that_may_be_there_share_a_statement_where_nothing_else_changes_their_table() {
        let jobs = [keeping(&[1, 2], "b"), keeping(&[3, 4], "b")];
        let plan = merged(&jobs).unwrap();
        let rows = "($1, $2, $3), ($4, $5, $6), ($7, $8, $9), ($10, $11, $12)";
        let wanted = format!(
            "INSERT INTO \"a\" (\"space\", \"id\", \"name\") VALUES {rows} ON CONFLICT ON CONSTRAINT \"pk_a\" DO NOTHING"
        );
        assert_eq!((plan.merged[0].text.as_str(), plan.merged.len(), plan.rest.len()), (wanted.as_str(), 1, 2));
        // A row that another batch of the group deletes first would be found and left be.
        assert!(merged(&[keeping(&[1, 2], "b"), keeping(&[3], "a")]).is_none());
    }

    #[test]
    fn an_insert_behind_a_delete_of_its_table_keeps_its_place() {
        let jobs = [job(&[("a", 1), ("b", 2)], Some("a")), job(&[("b", 3)], None)];
        let plan = merged(&jobs).unwrap();
        let rest: Vec<(usize, usize)> = plan.rest.iter().map(|(j, w, _)| (*j, *w)).collect();
        assert_eq!((rest, plan.merged.len()), (vec![(0, 0), (0, 1)], 1));
        assert!(merged(&[job(&[("a", 1)], Some("b"))]).is_none());
    }
}
