//! A question to the database as a value. Names in it come from the catalog, never from a caller.

use std::sync::Arc;

use kontor_model::{Bucket, Kind, Op, SpaceId, Value};

/// Which rows of a record table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// `deleted_at IS NULL`
    #[default]
    Live,
    /// `deleted_at IS NOT NULL`
    Bin,
    /// No condition; the only choice for tables without `deleted_at`.
    All,
}

/// A table to read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub table: Arc<str>,
    /// Only rows whose column `object` is this (custom objects share a table). `[a-z0-9_]` only: it is written as a
    /// literal, so that partial indexes fit.
    pub object: Option<Arc<str>>,
    pub which: Which,
}

/// A left join over one reference, in the same space, to rows that are not in the bin.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    pub source: Source,
    /// The reference: an expression over the base table (relation 0) that equals the joined row's `id`.
    pub on: Expr,
    /// Which of its rows are joined; over this join's relation.
    pub filter: Option<Cond>,
}

/// Some rows of a table, for [`Cond::Among`].
#[derive(Debug, Clone, PartialEq)]
pub struct Members {
    pub space: SpaceId,
    pub from: Source,
    /// The column that is compared.
    pub column: Arc<str>,
    /// Over relation 0, which is this table here.
    pub filter: Cond,
}

/// Something to read, compare, group or order by. `relation` 0 is the base table, n the n-th join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    Column {
        relation: usize,
        name: Arc<str>,
        kind: Kind,
    },
    /// A key of the JSON column `custom`.
    Json {
        relation: usize,
        key: Arc<str>,
        kind: Kind,
    },
    /// The first day (days since 1970-01-01) of the bucket that a date (`Int` days) or, with a zone, a time
    /// (`Int` milliseconds) falls in. `zone` is an IANA name that was checked against the time zone database.
    Bucket {
        of: Box<Expr>,
        bucket: Bucket,
        zone: Option<String>,
    },
    /// Number of rows.
    Count,
    CountDistinct(Box<Expr>),
    /// Exact; an `Int`, or `Text` of a whole number where it is beyond 64 bits.
    Sum(Box<Expr>),
    Min(Box<Expr>),
    Max(Box<Expr>),
    /// Number of non-null values.
    CountOf(Box<Expr>),
    /// Closeness to the search, an ascending `Int` (smaller is better); only with [`Select::search`].
    Rank,
}

impl Expr {
    pub fn column(name: &str, kind: Kind) -> Self {
        Expr::Column { relation: 0, name: name.into(), kind }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Expr::Column { kind, .. } | Expr::Json { kind, .. } => *kind,
            Expr::Bucket { .. }
            | Expr::Count
            | Expr::CountDistinct(_)
            | Expr::CountOf(_)
            | Expr::Sum(_)
            | Expr::Rank => Kind::Int,
            Expr::Min(of) | Expr::Max(of) => of.kind(),
        }
    }
}

/// A condition. Comparison with null follows SQL, except that `Ne`, `Nin` and `Not` keep rows where the field is null:
/// "not Berlin" includes "nowhere".
#[derive(Debug, Clone, PartialEq)]
pub enum Cond {
    And(Vec<Cond>),
    Or(Vec<Cond>),
    Not(Box<Cond>),
    /// Eq, Ne, Lt, Lte, Gt, Gte with one value; In, Nin with `Ints` or `Texts` (or `Bool`s given as Or); IsNull with
    /// `Bool`; Contains and StartsWith with `Text`, without regard to case; Contains on a `Json` list asks for a member.
    Test {
        left: Expr,
        op: Op,
        right: Value,
    },
    Between {
        left: Expr,
        low: Value,
        high: Value,
    },
    /// `left` is in a column of other rows.
    Among {
        left: Expr,
        rows: Box<Members>,
    },
    Never,
}

/// One word or phrase of a full-text search, in the form that the engine's tokenizer gives (lower case, folded, only
/// letters and digits).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Tokens that follow each other.
    pub tokens: Vec<String>,
    /// Whether the last token is only a beginning.
    pub prefix: bool,
}

/// Full text: rows that have all terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    pub terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub by: Expr,
    pub descending: bool,
}

/// Which readers serve it: slow questions never stand before quick ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lane {
    #[default]
    Quick,
    Slow,
}

/// What a question reads, in order. Clones share the list until one of them changes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns(Arc<Vec<Expr>>);

impl From<Vec<Expr>> for Columns {
    fn from(columns: Vec<Expr>) -> Self {
        Self(Arc::new(columns))
    }
}

impl FromIterator<Expr> for Columns {
    fn from_iter<T: IntoIterator<Item = Expr>>(columns: T) -> Self {
        Vec::from_iter(columns).into()
    }
}

impl std::ops::Deref for Columns {
    type Target = Vec<Expr>;

    fn deref(&self) -> &Vec<Expr> {
        &self.0
    }
}

impl std::ops::DerefMut for Columns {
    fn deref_mut(&mut self) -> &mut Vec<Expr> {
        Arc::make_mut(&mut self.0)
    }
}

impl<'a> IntoIterator for &'a Columns {
    type Item = &'a Expr;
    type IntoIter = std::slice::Iter<'a, Expr>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    pub space: SpaceId,
    pub from: Source,
    pub joins: Vec<Join>,
    pub columns: Columns,
    pub filter: Option<Cond>,
    pub search: Option<Search>,
    pub group: Vec<Expr>,
    /// Over groups; its expressions may be aggregates.
    pub having: Option<Cond>,
    /// Null is smaller than everything: first ascending, last descending.
    pub order: Vec<Order>,
    /// Rows that come after these values of `order`, one for each; null included.
    pub after: Option<Vec<Value>>,
    pub limit: Option<u64>,
    pub offset: u64,
    pub lane: Lane,
}

impl Select {
    /// All columns named, no condition.
    pub fn new(space: SpaceId, table: impl Into<Arc<str>>, columns: impl Into<Columns>) -> Self {
        Self {
            space,
            from: Source { table: table.into(), object: None, which: Which::All },
            joins: Vec::new(),
            columns: columns.into(),
            filter: None,
            search: None,
            group: Vec::new(),
            having: None,
            order: Vec::new(),
            after: None,
            limit: None,
            offset: 0,
            lane: Lane::Quick,
        }
    }

    /// Adds a condition to those that are there.
    #[must_use]
    pub fn filter(mut self, cond: Cond) -> Self {
        self.filter = Some(match self.filter.take() {
            None => cond,
            Some(Cond::And(mut all)) => {
                all.push(cond);
                Cond::And(all)
            }
            Some(first) => Cond::And(vec![first, cond]),
        });
        self
    }

    /// `column = value`.
    #[must_use]
    pub fn equals(self, name: &str, kind: Kind, value: impl Into<Value>) -> Self {
        self.filter(Cond::Test { left: Expr::column(name, kind), op: Op::Eq, right: value.into() })
    }

    #[must_use]
    pub fn order(mut self, by: Expr, descending: bool) -> Self {
        self.order.push(Order { by, descending });
        self
    }

    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }
}
