//! What a caller may do with the records of an object, told beforehand, so that a client offers nothing that would be
//! refused. Which records it reaches is another question (see [`crate::rights`]).

use kontor_catalog::ObjectDef;

use crate::Caller;
use crate::authorise::Access;
use crate::rights::Reach;

impl Caller {
    /// Of `read`, `create`, `update` and `delete` those that scopes and role allow by the generic routes; nothing for an
    /// object that has none.
    pub fn allows(&self, object: &ObjectDef) -> Vec<&'static str> {
        let mut allowed = Vec::new();
        if !object.routed || self.may(Access::Read, object).is_err() {
            return allowed;
        }
        allowed.push("read");
        if object.read_only || self.may(Access::Write, object).is_err() {
            return allowed;
        }
        let rule = self.policy.rule(&object.name);
        let changes =
            [("create", rule.create), ("update", rule.update != Reach::None), ("delete", rule.delete != Reach::None)];
        allowed.extend(changes.into_iter().filter_map(|(verb, is_allowed)| is_allowed.then_some(verb)));
        allowed
    }
}
