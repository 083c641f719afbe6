//! The one question: what every door asks of the engine. No SQL and no permissions in it.

use crate::json::Json;

/// Comparison operators of filters (api.md 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    In,
    Nin,
    Contains,
    StartsWith,
    IsNull,
    Between,
}

impl Op {
    pub const ALL: &'static [Op] = &[
        Op::Eq,
        Op::Ne,
        Op::Lt,
        Op::Lte,
        Op::Gt,
        Op::Gte,
        Op::In,
        Op::Nin,
        Op::Contains,
        Op::StartsWith,
        Op::IsNull,
        Op::Between,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Op::Eq => "eq",
            Op::Ne => "ne",
            Op::Lt => "lt",
            Op::Lte => "lte",
            Op::Gt => "gt",
            Op::Gte => "gte",
            Op::In => "in",
            Op::Nin => "nin",
            Op::Contains => "contains",
            Op::StartsWith => "starts_with",
            Op::IsNull => "is_null",
            Op::Between => "between",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.name() == name)
    }
}

/// A condition over fields; paths are as the caller wrote them (`city`, `company.city`, `custom.score`).
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Test { path: String, op: Op, value: Json },
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    pub path: String,
    pub descending: bool,
}

impl Sort {
    /// `-created_at` is descending.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix('-') {
            Some(path) => Self { path: path.to_owned(), descending: true },
            None => Self { path: text.to_owned(), descending: false },
        }
    }
}

/// Whether the number of all matches is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Count {
    #[default]
    None,
    Exact,
    /// Exact up to 10,000, then an estimate.
    Estimate,
}

/// Records of one object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// The object's name.
    pub object: String,
    pub filter: Option<Filter>,
    /// Full text.
    pub text: Option<String>,
    pub sort: Vec<Sort>,
    /// Fields to answer with; all when none are named.
    pub fields: Option<Vec<String>>,
    /// References to answer with as records.
    pub expand: Vec<String>,
    /// 1 to 500; 50 when not said.
    pub limit: Option<u32>,
    pub offset: Option<u64>,
    pub cursor: Option<String>,
    pub count: Count,
    /// Records in the bin instead of those that are not.
    pub deleted: bool,
}

/// A calendar bucket of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    Day,
    /// Weeks begin on Monday (ISO 8601).
    Week,
    Month,
    Quarter,
    Year,
}

impl Bucket {
    pub const ALL: &'static [Bucket] = &[Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Quarter, Bucket::Year];

    pub const fn name(self) -> &'static str {
        match self {
            Bucket::Day => "day",
            Bucket::Week => "week",
            Bucket::Month => "month",
            Bucket::Quarter => "quarter",
            Bucket::Year => "year",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|b| b.name() == name)
    }
}

/// One key of a grouping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub path: String,
    pub bucket: Option<Bucket>,
    /// IANA name; the workspace's when none is named. Only for times.
    pub time_zone: Option<String>,
}

/// A measure's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MeasureFn {
    Count,
    /// Distinct values.
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
}

impl MeasureFn {
    pub const ALL: &'static [MeasureFn] =
        &[MeasureFn::Count, MeasureFn::CountDistinct, MeasureFn::Sum, MeasureFn::Avg, MeasureFn::Min, MeasureFn::Max];

    pub const fn name(self) -> &'static str {
        match self {
            MeasureFn::Count => "count",
            MeasureFn::CountDistinct => "count_distinct",
            MeasureFn::Sum => "sum",
            MeasureFn::Avg => "avg",
            MeasureFn::Min => "min",
            MeasureFn::Max => "max",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }
}

/// One figure of each group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    pub function: MeasureFn,
    /// None counts records.
    pub path: Option<String>,
    /// Its name in the answer.
    pub name: String,
}

/// A condition on a figure or key of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Having {
    pub name: String,
    pub op: Op,
    pub value: Json,
}

/// Groups and figures over the records of one object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Aggregate {
    pub object: String,
    pub filter: Option<Filter>,
    pub text: Option<String>,
    pub group_by: Vec<Group>,
    pub measures: Vec<Measure>,
    pub having: Vec<Having>,
    /// By a group's path or a measure's name.
    pub sort: Vec<Sort>,
    /// 1 to 10,000 groups; 1,000 when not said.
    pub limit: Option<u32>,
}
