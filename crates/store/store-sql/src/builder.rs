//! The text under construction and its parameters.

use std::fmt::Write as _;

use kontor_model::{Kind, Value};

use crate::{Dialect, Sql, ident};

/// What `Expr::Rank` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rank {
    /// No search: all alike.
    Absent,
    /// The match itself: SQLite's full-text table, or the parameter that holds PostgreSQL's query.
    Fts(String),
    Query(usize),
    /// A column of the ranked candidates.
    Column(usize),
}

pub(crate) struct Builder {
    pub dialect: Dialect,
    pub text: String,
    pub params: Vec<(Value, Kind)>,
    /// Zones and keys bound so far: the same expression must have the same parameter wherever it stands (GROUP BY).
    pub shared: Vec<(String, usize)>,
    pub rank: Rank,
    /// Sums beyond 64 bits are expected (SQLite).
    pub exact: bool,
    /// Tables are read through their views.
    pub views: bool,
    /// How many selects this place is inside of.
    pub depth: u8,
}

impl Builder {
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            text: String::with_capacity(512),
            params: Vec::with_capacity(8),
            shared: Vec::new(),
            rank: Rank::Absent,
            exact: false,
            views: false,
            depth: 0,
        }
    }

    pub fn finish(self) -> Sql {
        Sql { text: self.text, params: self.params }
    }

    pub fn sqlite(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub fn ident(&mut self, name: &str) {
        ident(name, &mut self.text);
    }

    /// A table that is read from.
    pub fn relation(&mut self, table: &str) {
        if self.views {
            self.ident(&crate::ddl::view_name(table));
        } else {
            self.ident(table);
        }
    }

    /// The name of a relation here: `t0` outside, `u0` in a select inside of it.
    pub fn alias(&mut self, relation: usize) {
        self.text.push(char::from(b't' + self.depth.min(6)));
        self.number(relation);
    }

    pub fn number(&mut self, n: impl std::fmt::Display) {
        let _ = write!(self.text, "{n}");
    }

    /// Binds a value and writes its placeholder; gives its number. PostgreSQL's carry their type.
    pub fn bind(&mut self, value: Value, kind: Kind) -> usize {
        let cast = match (&value, kind) {
            (Value::Ints(_), _) => "::bigint[]",
            (Value::Texts(_), _) => "::text[]",
            (_, Kind::Int) => "::bigint",
            (_, Kind::Text) => "::text",
            (_, Kind::Bool) => "::boolean",
            (_, Kind::Json) => "::jsonb",
            (_, Kind::Bytes) => "::bytea",
        };
        self.params.push((value, kind));
        let n = self.params.len();
        self.placeholder(n, cast);
        n
    }

    /// Writes the placeholder of a parameter that is bound already; `cast` is for PostgreSQL.
    pub fn placeholder(&mut self, n: usize, cast: &str) {
        match self.dialect {
            Dialect::Sqlite => {
                let _ = write!(self.text, "?{n}");
            }
            Dialect::Postgres => {
                let _ = write!(self.text, "${n}{cast}");
            }
        }
    }

    /// What `write` appends, apart from the text.
    pub fn aside(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let before = std::mem::take(&mut self.text);
        write(self);
        std::mem::replace(&mut self.text, before)
    }
}
