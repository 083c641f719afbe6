//! What is on the paper, as texts in their places: what the template lays out. A [`Document`](crate::Document) and a
//! [`Statement`](crate::Statement) become one.

use serde::Serialize;

/// The most rows of a table that are laid out.
pub const MOST_ROWS: usize = 2_000;
/// The most characters of all texts together.
pub const MOST_CHARACTERS: usize = 400_000;

/// How wide a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Width {
    /// As wide as what is in it.
    Auto,
    /// What is left.
    Rest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    pub title: String,
    /// Numbers stand below each other.
    pub right: bool,
    pub width: Width,
}

impl Column {
    pub fn text(title: &str) -> Self {
        Self { title: title.to_owned(), right: false, width: Width::Auto }
    }

    pub fn rest(title: &str) -> Self {
        Self { title: title.to_owned(), right: false, width: Width::Rest }
    }

    pub fn number(title: &str) -> Self {
        Self { title: title.to_owned(), right: true, width: Width::Auto }
    }
}

/// A field of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    pub text: String,
    /// In small letters below.
    pub detail: String,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, detail: String::new() }
    }
}

/// A name and what it is.
pub type Pair = (String, String);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// BCP 47: hyphenation, and what readers aloud speak.
    pub language: &'static str,
    pub paper: &'static str,
    pub title: String,
    /// Across every page; empty for none.
    pub stamp: String,
    /// The file of the logo; empty for none.
    pub logo: String,
    /// Who sends it, at the head.
    pub sender: String,
    pub sender_lines: Vec<String>,
    /// The sender in one line, above the address.
    pub return_address: String,
    pub recipient: Vec<String>,
    pub meta: Vec<Pair>,
    pub intro: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    pub totals: Vec<Pair>,
    /// What it comes to.
    pub grand: Option<Pair>,
    /// Below the totals: title, columns and rows.
    pub taxes: Option<(Vec<Column>, Vec<Vec<String>>)>,
    pub paragraphs: Vec<String>,
    /// Facts to act on, such as an account: title and pairs.
    pub facts: Option<(String, Vec<Pair>)>,
    /// Columns at the foot of every page.
    pub footer: Vec<Vec<String>>,
    /// `Page` and `of`.
    pub page: (String, String),
}

impl Sheet {
    /// Why it is not laid out, if it is too much for one.
    pub fn excess(&self) -> Option<String> {
        if self.rows.len() > MOST_ROWS {
            return Some(format!("it has {} lines; at most {MOST_ROWS} are printed", self.rows.len()));
        }
        let cells = self.rows.iter().flatten().map(|cell| cell.text.len() + cell.detail.len());
        let all = cells.chain(self.paragraphs.iter().map(String::len)).sum::<usize>();
        (all > MOST_CHARACTERS)
            .then(|| format!("its texts have {all} bytes together; at most {MOST_CHARACTERS} are printed"))
    }
}

/// Texts without those that are empty.
pub fn filled<'t>(all: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    all.into_iter().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}
