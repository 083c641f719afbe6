//! Who waits, and who is next: spaces take turns; within a space the better rank goes first, then who came first.

use std::collections::{HashMap, VecDeque};

use kontor_model::SpaceId;

/// Ranks within a space; 0 is the best.
pub const RANKS: usize = 3;

type Waiting<T> = [VecDeque<(u64, T)>; RANKS];

/// A short queue that no space has for itself.
#[derive(Debug)]
pub struct Fair<T> {
    /// Spaces that wait, the next one in front.
    turns: VecDeque<SpaceId>,
    spaces: HashMap<SpaceId, Waiting<T>>,
    len: usize,
    most: usize,
    next: u64,
}

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    space: SpaceId,
    rank: usize,
    number: u64,
}

fn count<T>(waiting: &Waiting<T>) -> usize {
    waiting.iter().map(VecDeque::len).sum()
}

impl<T> Fair<T> {
    /// Room for `most`.
    pub fn new(most: usize) -> Self {
        Self { turns: VecDeque::new(), spaces: HashMap::new(), len: 0, most, next: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Queues up. When there is no room the space that waits most gives way to one that waits less, and within a space
    /// the worst rank to a better one; who had to go is given back.
    ///
    /// # Errors
    /// The item, when nobody gives way.
    pub fn push(&mut self, space: SpaceId, rank: usize, item: T) -> Result<(Ticket, Option<T>), T> {
        let rank = rank.min(RANKS - 1);
        let mut gone = None;
        if self.len >= self.most {
            gone = self.give_way(space, rank);
            if gone.is_none() {
                return Err(item);
            }
        }
        let number = self.next;
        self.next += 1;
        let waiting = self.spaces.entry(space).or_insert_with(|| {
            self.turns.push_back(space);
            Default::default()
        });
        if let Some(queue) = waiting.get_mut(rank) {
            queue.push_back((number, item));
            self.len += 1;
        }
        Ok((Ticket { space, rank, number }, gone))
    }

    fn give_way(&mut self, space: SpaceId, rank: usize) -> Option<T> {
        let own = self.spaces.get(&space).map_or(0, count);
        let (longest, most) = self.spaces.iter().map(|(s, w)| (*s, count(w))).max_by_key(|(_, n)| *n)?;
        let (victim, from) = if most > own + 1 { (longest, 0) } else { (space, rank + 1) };
        let waiting = self.spaces.get_mut(&victim)?;
        let (_, gone) = waiting.iter_mut().skip(from).rev().find_map(VecDeque::pop_back)?;
        self.len -= 1;
        self.forget_if_empty(victim);
        Some(gone)
    }

    /// The next one.
    pub fn pop(&mut self) -> Option<T> {
        let space = self.turns.pop_front()?;
        let waiting = self.spaces.get_mut(&space)?;
        let (_, item) = waiting.iter_mut().find_map(VecDeque::pop_front)?;
        self.len -= 1;
        if count(waiting) == 0 {
            self.spaces.remove(&space);
        } else {
            self.turns.push_back(space);
        }
        Some(item)
    }

    /// Gives up a place; None when it was served or taken before.
    pub fn remove(&mut self, ticket: Ticket) -> Option<T> {
        let queue = self.spaces.get_mut(&ticket.space)?.get_mut(ticket.rank)?;
        let at = queue.iter().position(|(number, _)| *number == ticket.number)?;
        let (_, item) = queue.remove(at)?;
        self.len -= 1;
        self.forget_if_empty(ticket.space);
        Some(item)
    }

    fn forget_if_empty(&mut self, space: SpaceId) {
        if self.spaces.get(&space).is_some_and(|waiting| count(waiting) == 0) {
            self.spaces.remove(&space);
            self.turns.retain(|s| *s != space);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: SpaceId = SpaceId(1);
    const B: SpaceId = SpaceId(2);

    fn all(queue: &mut Fair<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn spaces_take_turns_and_ranks_go_first_within_one() {
        let mut queue = Fair::new(10);
        for (space, rank, item) in
            [(A, 2, "a1"), (A, 2, "a2"), (A, 0, "a0"), (A, 1, "a-key"), (B, 2, "b1"), (B, 2, "b2")]
        {
            queue.push(space, rank, item).unwrap();
        }
        assert_eq!(all(&mut queue), ["a0", "b1", "a-key", "b2", "a1", "a2"]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn who_floods_gives_way_to_who_does_not() {
        let mut queue = Fair::new(3);
        for item in ["a1", "a2", "a3"] {
            queue.push(A, 2, item).unwrap();
        }
        assert_eq!(queue.push(A, 2, "a4"), Err("a4"));
        assert_eq!(queue.push(B, 2, "b1").unwrap().1, Some("a3"));
        assert_eq!(queue.push(B, 2, "b2"), Err("b2"), "2 and 1: the same for both would be no better");
        assert_eq!(queue.push(A, 0, "paid").unwrap().1, Some("a2"));
        assert_eq!(all(&mut queue), ["paid", "b1", "a1"]);
        assert_eq!(Fair::new(0).push(A, 0, "x"), Err("x"));
    }

    #[test]
    fn who_goes_away_leaves_no_trace() {
        let mut queue = Fair::new(3);
        let first = queue.push(A, 2, "a1").unwrap().0;
        let second = queue.push(A, 2, "a2").unwrap().0;
        let other = queue.push(B, 1, "b1").unwrap().0;
        assert_eq!(queue.remove(first), Some("a1"));
        assert_eq!(queue.remove(first), None);
        assert_eq!(queue.remove(other), Some("b1"));
        assert_eq!((queue.len(), queue.pop(), queue.pop()), (1, Some("a2"), None));
        assert_eq!(queue.remove(second), None);
        assert!(queue.spaces.is_empty() && queue.turns.is_empty());
    }
}
