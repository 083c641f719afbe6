//! A reach as a condition of the database: added to every question about records, in this one place.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Kind, Op, Value};
use kontor_store::{Columns, Cond, Expr, Members, Select, Source, Which, system};

use super::{Action, Reach};
use crate::{Caller, Ctx};

/// How far a record's rights may hang on those of another: a line of an order, and no further.
const PARENTS: u8 = 3;

impl Ctx {
    /// A select of an object's records that the caller may read. Every question about records begins here.
    pub fn records_of(&self, def: &ObjectDef, which: Which, columns: impl Into<Columns>) -> Select {
        let mut select = self.all_of(def, which, columns);
        select.filter = self.visible(def, 0);
        select
    }

    /// A select of all records of an object: for what must hold whoever asks (unique values), and is never shown.
    pub(crate) fn all_of(&self, def: &ObjectDef, which: Which, columns: impl Into<Columns>) -> Select {
        let mut select = Select::new(self.space(), def.table_name().clone(), columns);
        select.from = def.source(which);
        select
    }

    /// What rows of relation `relation` must meet for the caller to read them; none when all do.
    pub(crate) fn visible(&self, def: &ObjectDef, relation: usize) -> Option<Cond> {
        self.reached(Action::Read, def, relation)
    }

    /// As [`Ctx::visible`], for any action.
    pub(crate) fn reached(&self, action: Action, def: &ObjectDef, relation: usize) -> Option<Cond> {
        self.within(action, def, relation, PARENTS)
    }

    fn within(&self, action: Action, def: &ObjectDef, relation: usize, parents: u8) -> Option<Cond> {
        let reach = self.caller.policy.rule(&def.name).reach(action);
        let own = match reach {
            Reach::All => return None,
            Reach::None => Cond::Never,
            Reach::Own | Reach::Team if def.owned => self.owned(reach, relation),
            Reach::Own | Reach::Team => self.parent(action, def, relation, parents)?,
        };
        if reach == Reach::None {
            return Some(own);
        }
        let more = [self.opened(action, def, relation), self.shared(action, def, relation)];
        let mut ways: Vec<Cond> = more.into_iter().flatten().collect();
        if ways.is_empty() {
            return Some(own);
        }
        ways.insert(0, own);
        Some(Cond::Or(ways))
    }

    /// Private records that their owners let everybody read, and those that are nobody's.
    fn opened(&self, action: Action, def: &ObjectDef, relation: usize) -> Option<Cond> {
        let field = def.opened_by.as_deref().filter(|_| action == Action::Read)?;
        let (index, _) = def.native().field(field)?;
        let open = Cond::Test { left: def.expr(index, relation)?, op: Op::Eq, right: Value::Bool(true) };
        let left = Expr::Column { relation, name: "owner_id".into(), kind: Kind::Int };
        Some(Cond::Or(vec![open, Cond::Test { left, op: Op::IsNull, right: Value::Bool(true) }]))
    }

    fn owned(&self, reach: Reach, relation: usize) -> Cond {
        let Caller { user_id, standing, .. } = &*self.caller;
        let left = Expr::Column { relation, name: "owner_id".into(), kind: Kind::Int };
        match (reach, user_id) {
            (_, None) => Cond::Never,
            (Reach::Team, Some(_)) => Cond::Test { left, op: Op::In, right: Value::Ints(standing.team.clone()) },
            (_, Some(user)) => Cond::Test { left, op: Op::Eq, right: Value::Int(user.0) },
        }
    }

    /// A part of another record (a line of an order) is reached as that record is; what is nobody's is everybody's.
    fn parent(&self, action: Action, def: &ObjectDef, relation: usize, parents: u8) -> Option<Cond> {
        let (index, field) = def.part_of.as_deref().and_then(|name| def.relation(name))?;
        let parent = self.whole.object(&field.ty.as_reference()?.object)?;
        let filter = self.within(action, parent, 0, parents.checked_sub(1)?)?;
        let members = Members { space: self.space(), from: parent.source(Which::All), column: "id".into(), filter };
        Some(Cond::Among { left: def.expr(index, relation)?, rows: Box::new(members) })
    }

    /// Records that their owners share with the caller or its teams.
    fn shared(&self, action: Action, def: &ObjectDef, relation: usize) -> Option<Cond> {
        let standing = &self.caller.standing;
        if action == Action::Delete || !standing.shared.contains(&def.name) {
            return None;
        }
        let test =
            |name: &str, kind: Kind, op: Op, right: Value| Cond::Test { left: Expr::column(name, kind), op, right };
        let mut filter = vec![
            test("object", Kind::Text, Op::Eq, def.key.as_str().into()),
            test("grantee_id", Kind::Int, Op::In, Value::Ints(standing.grantees.clone())),
        ];
        if action == Action::Update {
            filter.push(test("level", Kind::Text, Op::Eq, "write".into()));
        }
        let members = Members {
            space: self.space(),
            from: Source { table: Arc::from(system::SHARE), object: None, which: Which::All },
            column: "record_id".into(),
            filter: Cond::And(filter),
        };
        Some(Cond::Among {
            left: Expr::Column { relation, name: "id".into(), kind: Kind::Int },
            rows: Box::new(members),
        })
    }
}
