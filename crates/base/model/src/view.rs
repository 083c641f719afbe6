//! Views: what can be read of a record besides its fields (`GET /v1/{collection}/{id}/{view}`).

use crate::field::Field;

/// Declaration of a view of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// A noun: `pdf`, `duplicates`.
    pub name: String,
    /// One sentence for the docs.
    pub doc: String,
    /// Its query parameters.
    pub input: Vec<Field>,
    /// Media types; the first is what is answered when nothing else is asked for.
    pub media: Vec<String>,
    /// Whether what it shows opens something by itself: not for who sees as another user does.
    pub secret: bool,
}

/// What is answered in the envelope.
pub const JSON: &str = "application/json";

impl View {
    /// Answers with JSON in the envelope.
    pub fn new(name: &str, doc: &str) -> Self {
        Self { name: name.to_owned(), doc: doc.to_owned(), input: Vec::new(), media: vec![JSON.to_owned()], secret: false }
    }

    /// Takes this parameter.
    #[must_use]
    pub fn takes(mut self, field: Field) -> Self {
        self.input.push(field);
        self
    }

    /// Shows what opens something by itself: a link, a key.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Answers with files of these types, the first where none is asked for.
    #[must_use]
    pub fn of(mut self, media: &[&str]) -> Self {
        self.media = media.iter().map(|one| (*one).to_owned()).collect();
        self
    }
}
