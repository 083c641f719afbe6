//! Whose turn it is: one job of each workspace in turn, so that a thousand jobs of one customer stand behind the first
//! of another. Within a workspace the greater priority goes first, then what has been due for longer.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::job::Job;
use crate::rules::Rules;

/// Kinds without room, each with its workspace.
pub(crate) type Full = HashSet<(i64, String)>;

/// Jobs that are due in a workspace, in their order.
#[derive(Debug)]
pub(crate) struct Line {
    pub workspace: i64,
    pub jobs: VecDeque<Job>,
}

/// What runs already, and what may.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// By kind.
    pub rules: HashMap<String, Rules>,
    /// Running jobs by workspace and kind, over all processes.
    pub running: HashMap<(i64, String), usize>,
    /// Running jobs of this process by workspace.
    pub here: HashMap<i64, usize>,
    /// Jobs of one workspace in this process.
    pub here_most: usize,
    /// Jobs of one workspace over all processes.
    pub most: Option<usize>,
}

impl Room {
    /// Whether one more may run; a kind that is full is noted.
    fn admits(&self, workspace: i64, kind: &str, full: &mut Full) -> bool {
        let rules = self.rules.get(kind).copied().unwrap_or_default();
        let own = self.running.get(&(workspace, kind.to_owned())).copied().unwrap_or(0);
        let all: usize = self.running.iter().filter(|((_, other), _)| other == kind).map(|(_, n)| n).sum();
        let fits = rules.per_workspace.is_none_or(|most| own < most) && rules.at_once.is_none_or(|most| all < most);
        if !fits {
            full.insert((workspace, kind.to_owned()));
        }
        fits
    }

    fn has_place(&self, workspace: i64) -> bool {
        let theirs: usize = self.running.iter().filter(|((of, _), _)| *of == workspace).map(|(_, n)| n).sum();
        self.here.get(&workspace).is_none_or(|here| *here < self.here_most)
            && self.most.is_none_or(|most| theirs < most)
    }

    fn take(&mut self, workspace: i64, kind: &str) {
        *self.running.entry((workspace, kind.to_owned())).or_default() += 1;
        *self.here.entry(workspace).or_default() += 1;
    }
}

/// At most `free` jobs, and which kinds of which workspaces had no room. The workspace behind `last` begins.
pub(crate) fn pick(mut lines: Vec<Line>, free: usize, last: i64, room: &mut Room) -> (Vec<(i64, Job)>, Full) {
    lines.sort_by_key(|line| (line.workspace <= last, line.workspace));
    let (mut picked, mut full) = (Vec::new(), HashSet::new());
    loop {
        let before = picked.len();
        for line in &mut lines {
            if picked.len() == free || !room.has_place(line.workspace) {
                continue;
            }
            while let Some(job) = line.jobs.pop_front() {
                if room.admits(line.workspace, &job.kind, &mut full) {
                    room.take(line.workspace, &job.kind);
                    picked.push((line.workspace, job));
                    break;
                }
            }
        }
        if picked.len() == before || picked.len() == free {
            return (picked, full);
        }
    }
}

#[cfg(test)]
mod tests {
    use kontor_model::{Id, SpaceId};
    use serde_json::Value as J;

    use super::*;
    use crate::job::State;

    fn job(id: i64, kind: &str) -> Job {
        Job {
            space: SpaceId(1),
            id: Id(id),
            kind: kind.to_owned(),
            state: State::Queued,
            version: 1,
            created_at: 0,
            created_by: None,
            key_id: None,
            run_at: 0,
            planned_at: None,
            priority: 0,
            object: None,
            lease_until: None,
            holder: None,
            tries: 0,
            done: 0,
            total: None,
            failed: 0,
            cancel_at: None,
            finished_at: None,
            input: J::Null,
            checkpoint: J::Null,
            output: J::Null,
            error: None,
        }
    }

    fn line(workspace: i64, jobs: &[(i64, &str)]) -> Line {
        Line { workspace, jobs: jobs.iter().map(|(id, kind)| job(*id, kind)).collect() }
    }

    fn picked(lines: Vec<Line>, free: usize, last: i64, mut room: Room) -> Vec<i64> {
        pick(lines, free, last, &mut room).0.into_iter().map(|(_, job)| job.id.0).collect()
    }

    fn open() -> Room {
        Room { here_most: 9, ..Room::default() }
    }

    #[test]
    fn workspaces_take_turns() {
        let lines = || vec![line(1, &[(11, "a"), (12, "a"), (13, "a")]), line(2, &[(21, "a")]), line(3, &[(31, "a")])];
        assert_eq!(picked(lines(), 4, 0, open()), [11, 21, 31, 12]);
        assert_eq!(picked(lines(), 4, 1, open()), [21, 31, 11, 12]);
        assert_eq!(picked(lines(), 1, 3, open()), [11]);
        assert_eq!(picked(lines(), 9, 0, open()).len(), 5);
    }

    #[test]
    fn a_workspace_leaves_a_place_to_others() {
        let room = Room { here_most: 2, here: [(1, 1)].into(), ..Room::default() };
        assert_eq!(picked(vec![line(1, &[(11, "a"), (12, "a"), (13, "a")])], 9, 0, room), [11]);
        let room = Room { most: Some(2), running: [((1, "b".to_owned()), 2)].into(), ..open() };
        assert_eq!(picked(vec![line(1, &[(11, "a")]), line(2, &[(21, "a")])], 9, 0, room), [21]);
    }

    #[test]
    fn a_full_kind_lets_others_by() {
        let rules = |per_workspace, at_once| Rules { per_workspace, at_once, ..Rules::default() };
        let mut room = Room { rules: [("a".to_owned(), rules(Some(1), None))].into(), ..open() };
        let lines = vec![line(1, &[(11, "a"), (12, "a"), (13, "b")]), line(2, &[(21, "a")])];
        let (found, full) = pick(lines, 9, 0, &mut room);
        assert_eq!(found.iter().map(|(_, job)| job.id.0).collect::<Vec<_>>(), [11, 21, 13]);
        assert_eq!(full, [(1, "a".to_owned())].into());
        let room = Room {
            rules: [("a".to_owned(), rules(None, Some(2)))].into(),
            running: [((7, "a".to_owned()), 1)].into(),
            ..open()
        };
        assert_eq!(picked(vec![line(1, &[(11, "a")]), line(2, &[(21, "a"), (22, "b")])], 9, 0, room), [11, 22]);
    }
}
