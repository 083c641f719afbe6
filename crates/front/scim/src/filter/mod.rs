//! Filters and paths (RFC 7644, 3.4.2.2 and 3.5.2): a text of bounded length becomes a tree of bounded depth, which is
//! held against a resource.

mod lex;
mod matches;
mod parse;

#[cfg(test)]
mod tests;

use serde_json::Value as J;

pub use matches::{holds, values};
pub use parse::{Path, filter, path};

/// Characters of a filter.
pub const LONGEST: usize = 4_096;
/// Brackets, parentheses and `not` inside each other.
pub const DEEPEST: usize = 24;
/// Comparisons of one filter.
pub const MOST: usize = 100;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Op {
    fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Op::Eq,
            "ne" => Op::Ne,
            "co" => Op::Co,
            "sw" => Op::Sw,
            "ew" => Op::Ew,
            "gt" => Op::Gt,
            "ge" => Op::Ge,
            "lt" => Op::Lt,
            "le" => Op::Le,
            _ => return None,
        })
    }
}

/// `userName`, `name.familyName`; a schema's URN before it is kept apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub schema: Option<String>,
    pub name: String,
    pub sub: Option<String>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Present(Attribute),
    Test(Attribute, Op, J),
    /// `emails[type eq "work"]`: one element for which all of it holds.
    Element(Attribute, Box<Filter>),
}

impl Filter {
    /// Every attribute that it names, with that of the element around it.
    pub fn attributes(&self) -> Vec<(Option<&Attribute>, &Attribute)> {
        let mut out = Vec::new();
        self.collect(None, &mut out);
        out
    }

    fn collect<'a>(&'a self, around: Option<&'a Attribute>, out: &mut Vec<(Option<&'a Attribute>, &'a Attribute)>) {
        match self {
            Filter::And(all) | Filter::Or(all) => all.iter().for_each(|one| one.collect(around, out)),
            Filter::Not(one) => one.collect(around, out),
            Filter::Present(attribute) | Filter::Test(attribute, ..) => out.push((around, attribute)),
            Filter::Element(attribute, inner) => {
                out.push((around, attribute));
                inner.collect(Some(attribute), out);
            }
        }
    }
}
