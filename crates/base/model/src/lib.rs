//! The words Kontor is written in: ids, time, money, field types, object declarations, the one question
//! ([`Query`]), the one change ([`Changes`]) and the one [`Error`]. Pure values: nothing here does I/O.

pub mod action;
pub mod changes;
pub mod clock;
pub mod code;
pub mod decimal;
pub mod error;
pub mod field;
pub mod id;
pub mod json;
pub mod letter;
pub mod limits;
pub mod name;
pub mod object;
pub mod query;
pub mod settings;
pub mod show;
pub mod time;
pub mod value;
pub mod version;
pub mod view;

pub use action::{Action, Answers};
pub use changes::{By, Change, Changes, Mode, Step, Told};
pub use clock::{Clock, FixedClock, SetBack, SystemClock};
pub use code::{ErrorCode, ErrorType};
pub use error::{Error, Fault, Result};
pub use field::{Field, FieldType, Place, Reference};
pub use id::{Id, IdGenerator, SpaceId};
pub use json::Json;
pub use letter::{Attachment, Letter};
pub use limits::{Allowance, Limits, Pace, RouteKind, RouteLimits};
pub use object::Object;
pub use query::{Aggregate, Bucket, Count, Filter, Group, Measure, MeasureFn, Op, Query, Sort};
pub use settings::Settings;
pub use show::Show;
pub use value::{Kind, Value};
pub use version::ApiVersion;
pub use view::View;
