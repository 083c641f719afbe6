//! What a caller may do: the rules of its role, and where it stands among users and teams.
//!
//! Rules are compiled once for a role. They reach the database as conditions of every select ([`reach`]) and as views
//! of the catalog without the fields that the role does not see ([`Policy::view`]), so that lists, searches,
//! aggregates, expansions, exports and histories cannot differ in what they show.

mod policy;
mod reach;

use std::collections::HashSet;

use kontor_model::Id;
use serde::{Deserialize, Serialize};

pub use policy::{Policy, Rule};

/// Whose records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    #[default]
    None,
    /// Those that the caller owns.
    Own,
    /// Those that members of the caller's teams own.
    Team,
    All,
}

impl Reach {
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Reach::None),
            "own" => Some(Reach::Own),
            "team" => Some(Reach::Team),
            "all" => Some(Reach::All),
            _ => None,
        }
    }
}

/// What is done with a record that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Read,
    Update,
    /// To the bin and back.
    Delete,
}

impl Action {
    pub const fn name(self) -> &'static str {
        match self {
            Action::Read => "read",
            Action::Update => "update",
            Action::Delete => "delete",
        }
    }
}

/// A user among others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// Users whose records count as the team's, the caller among them.
    pub team: Vec<i64>,
    /// The user and its teams: whom records are shared with.
    pub grantees: Vec<i64>,
    /// Objects of which some record is shared with them.
    pub shared: HashSet<String>,
}

impl Standing {
    /// A user without a team, with whom nothing is shared.
    pub fn alone(user: Option<Id>) -> Self {
        let own: Vec<i64> = user.iter().map(|id| id.0).collect();
        Self { team: own.clone(), grantees: own, shared: HashSet::new() }
    }
}
