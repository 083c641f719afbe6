//! Actions: what can be done to a record besides changing its fields (`POST /v1/{collection}/{id}/{action}`).

use crate::field::Field;

/// Declaration of an action of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// A verb: `convert`.
    pub name: String,
    /// One sentence for the docs.
    pub doc: String,
    /// The members of its body.
    pub input: Vec<Field>,
    pub answer: Answers,
    /// The rules that may refuse it, with when each does (422000; the answer's detail begins with the rule).
    pub refusals: Vec<(String, String)>,
    /// Whether whoever may read the record may do it.
    pub open: bool,
}

/// What an action answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answers {
    /// The record as it is now.
    Record,
    /// A new record of this object, with 201.
    Made(String),
    /// Records by name, each of an object; null where there is none.
    Named(Vec<(String, String)>),
}

impl Action {
    pub fn new(name: &str, doc: &str) -> Self {
        let (name, doc) = (name.to_owned(), doc.to_owned());
        Self { name, doc, input: Vec::new(), answer: Answers::Record, refusals: Vec::new(), open: false }
    }

    /// May be refused by these rules: name, and when.
    #[must_use]
    pub fn refuses(mut self, rules: &[(&str, &str)]) -> Self {
        self.refusals.extend(rules.iter().map(|(rule, when)| ((*rule).to_owned(), (*when).to_owned())));
        self
    }

    /// May be done by whoever may read the record; what it does to others is a matter of its own.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Takes this member.
    #[must_use]
    pub fn takes(mut self, field: Field) -> Self {
        self.input.push(field);
        self
    }

    /// Answers with a new record of this object.
    #[must_use]
    pub fn makes(mut self, object: &str) -> Self {
        self.answer = Answers::Made(object.to_owned());
        self
    }

    /// Answers with several records.
    #[must_use]
    pub fn gives(mut self, named: &[(&str, &str)]) -> Self {
        self.answer = Answers::Named(named.iter().map(|(n, o)| ((*n).to_owned(), (*o).to_owned())).collect());
        self
    }
}
