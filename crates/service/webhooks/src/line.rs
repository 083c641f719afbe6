//! The order of endpoints that want one: messages about one subject wait for each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kontor_model::{Kind, Op, Result, Value};
use kontor_store::{Cond, Expr, Write};

use crate::row::{Delivery, whole};
use crate::worker::Worker;

/// Deliveries that are looked at to find whose turn it is.
const LINE: u64 = 2_000;

/// A message: a delivery and its body.
pub(crate) type Message = (Delivery, String);
/// Messages that follow each other.
pub(crate) type Chain = Vec<Message>;

/// Messages as they may be sent side by side.
pub(crate) fn chains(messages: Vec<Message>, ordered: bool) -> Vec<Chain> {
    if !ordered {
        return messages.into_iter().map(|message| vec![message]).collect();
    }
    let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
    for message in messages {
        chains.entry(message.0.subject.clone()).or_default().push(message);
    }
    let mut chains: Vec<Chain> = chains.into_values().collect();
    chains.iter_mut().for_each(|chain| chain.sort_by_key(|(delivery, _)| delivery.sequence));
    chains.sort_by_key(|chain| chain.first().map(|(delivery, _)| delivery.sequence));
    chains
}

impl Worker {
    /// The deliveries that wait, of some subjects, by subject in order.
    async fn lines(&self, subjects: BTreeSet<String>) -> Result<HashMap<String, Vec<Delivery>>> {
        let test =
            |name: &str, kind: Kind, op: Op, right: Value| Cond::Test { left: Expr::column(name, kind), op, right };
        let select = self
            .rows(whole())
            .filter(test("subject", Kind::Text, Op::In, Value::Texts(subjects.into_iter().collect())))
            .filter(test("next_at", Kind::Int, Op::IsNull, Value::Bool(false)))
            .order(Expr::column("subject", Kind::Text), false)
            .order(Expr::column("sequence", Kind::Int), false)
            .limit(LINE);
        let rows = self.hooks.store().rows(select).await?;
        let mut lines: HashMap<String, Vec<Delivery>> = HashMap::new();
        for delivery in rows.into_iter().filter_map(Delivery::of) {
            lines.entry(delivery.subject.clone()).or_default().push(delivery);
        }
        Ok(lines)
    }

    /// Of those that are due: whose turn it is, which are the first of their subject. The others wait as long as the
    /// one before them.
    pub(crate) async fn in_turn(&self, due: Vec<Delivery>) -> Result<(Vec<Delivery>, Vec<Write>)> {
        let lines = self.lines(due.iter().map(|delivery| delivery.subject.clone()).collect()).await?;
        Ok(turns(due, &lines, self.hooks.now()))
    }

    /// Of those that are new: whose subject nobody waits for. The others queue up behind.
    pub(crate) async fn behind(&self, new: Vec<Message>) -> Result<(Vec<Message>, Vec<Write>)> {
        let lines = self.lines(new.iter().map(|(delivery, _)| delivery.subject.clone()).collect()).await?;
        let mut writes = Vec::new();
        let mut free = Vec::with_capacity(new.len());
        for (mut delivery, body) in new {
            match lines.get(&delivery.subject).and_then(|line| line.last()) {
                Some(last) => {
                    delivery.next_at = last.next_at;
                    writes.push(delivery.save());
                }
                None => free.push((delivery, body)),
            }
        }
        Ok((free, writes))
    }
}

/// Those of the due whose turn it is, and the others put off. `lines` have all that wait, by subject in order.
fn turns(due: Vec<Delivery>, lines: &HashMap<String, Vec<Delivery>>, now: i64) -> (Vec<Delivery>, Vec<Write>) {
    let loaded: HashSet<i64> = due.iter().map(|delivery| delivery.event.0).collect();
    let (mut turn, mut writes) = (Vec::new(), Vec::new());
    for mut delivery in due {
        let line = lines.get(&delivery.subject).map(Vec::as_slice).unwrap_or_default();
        let place = line.iter().position(|other| other.event == delivery.event);
        let ahead = line.iter().take(place.unwrap_or(line.len())).find(|other| !loaded.contains(&other.event.0));
        if place.is_some() && ahead.is_none() {
            turn.push(delivery);
        } else {
            delivery.next_at = Some(ahead.and_then(|other| other.next_at).unwrap_or(now).max(now));
            writes.push(delivery.save());
        }
    }
    (turn, writes)
}

#[cfg(test)]
mod tests {
    use kontor_model::Id;

    use super::*;

    fn waiting(event: i64, subject: &str, next_at: i64) -> Delivery {
        Delivery { next_at: Some(next_at), ..Delivery::new(Id(1), Id(event), event, "kontor.a.updated", subject, 0) }
    }

    #[test]
    fn the_first_of_a_subject_goes_and_the_rest_waits_for_it() {
        let all = [
            waiting(1, "a/1", 500),
            waiting(2, "a/1", 10),
            waiting(3, "b/1", 10),
            waiting(4, "b/1", 10),
            waiting(5, "c/1", 10),
            waiting(6, "c/1", 20),
            waiting(7, "c/1", 10),
        ];
        let mut lines: HashMap<String, Vec<Delivery>> = HashMap::new();
        all.iter().for_each(|one| lines.entry(one.subject.clone()).or_default().push(one.clone()));
        // The first of a waits for its next attempt, the second of c was not read.
        let due = [2, 3, 4, 5, 7].map(|n: usize| all[n - 1].clone()).to_vec();
        let (turn, writes) = turns(due, &lines, 100);
        assert_eq!(turn.iter().map(|one| one.event.0).collect::<Vec<_>>(), [3, 4, 5]);
        let put_off = |event: i64, next_at: i64| waiting(event, if event == 2 { "a/1" } else { "c/1" }, next_at).save();
        assert_eq!(writes, [put_off(2, 500), put_off(7, 100)]);
    }

    #[test]
    fn messages_of_a_subject_follow_each_other_where_order_is_wanted() {
        let message = |event, subject| (waiting(event, subject, 0), String::new());
        let messages = || vec![message(1, "b/1"), message(2, "a/1"), message(3, "b/1")];
        let shape = |ordered| -> Vec<Vec<i64>> {
            let sequences = |chain: &Chain| chain.iter().map(|(delivery, _)| delivery.sequence).collect();
            chains(messages(), ordered).iter().map(sequences).collect()
        };
        assert_eq!(shape(false), [vec![1], vec![2], vec![3]]);
        assert_eq!(shape(true), [vec![1, 3], vec![2]]);
    }
}
