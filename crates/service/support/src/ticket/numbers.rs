//! Numbers of tickets, and the team of their queue.

use std::collections::HashSet;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use super::Row;

/// A ticket has a number, and the team of its queue.
pub(crate) struct Numbers;

impl Hook for Numbers {
    fn objects(&self) -> &'static [&'static str] {
        &["ticket"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let rows = Row::of(touched);
            let mut out = Vec::new();
            let unnumbered: Vec<&Row<'_>> = rows.iter().filter(|row| row.text("number").is_empty()).collect();
            let numbers = free_numbers(sight, unnumbered.len()).await?;
            for (row, number) in unnumbered.into_iter().zip(numbers) {
                out.push(Verdict::Amend { id: row.id, field: "number", value: Value::Text(number) });
            }
            let alone = rows.iter().filter(|row| row.now("team_id").is_null() && row.changes("queue_id"));
            let alone: Vec<(&Row<'_>, i64)> = alone.filter_map(|row| Some((row, row.int("queue_id")?))).collect();
            if !alone.is_empty() {
                let ids = alone.iter().map(|(_, queue)| *queue).collect();
                let queues = sight.find("queue", &[("id", Op::In, Value::Ints(ids))], u64::MAX >> 1).await?;
                for (row, queue) in alone {
                    let team = queues.iter().find(|found| found.id.0 == queue).and_then(|found| found.int("team_id"));
                    out.extend(team.map(|team| Verdict::Amend {
                        id: row.id,
                        field: "team_id",
                        value: Value::Int(team),
                    }));
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// The next numbers that no ticket was given by hand.
async fn free_numbers(sight: &Sight<'_>, wanted: usize) -> Result<Vec<String>> {
    let mut out = Vec::with_capacity(wanted);
    while out.len() < wanted {
        let mut next = Vec::with_capacity(wanted - out.len());
        for _ in 0..(wanted - out.len()) {
            next.push(format!("T-{:05}", sight.number("ticket").await?));
        }
        let taken = sight.find("ticket", &[("number", Op::In, Value::Texts(next.clone()))], next.len() as u64).await?;
        let taken: HashSet<&str> = taken.iter().map(|ticket| ticket.text("number")).collect();
        out.extend(next.iter().filter(|number| !taken.contains(number.as_str())).cloned());
    }
    Ok(out)
}
