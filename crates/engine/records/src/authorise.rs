//! May this caller do this to this object? Asked once, before anything is read or written. Which of its records the
//! caller reaches is a condition of every question (see [`crate::rights`]).

use kontor_catalog::ObjectDef;
use kontor_model::{Change, Error, ErrorCode, Result};

use crate::Caller;
use crate::rights::Reach;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    /// Some kind of change; which kinds is asked for each change.
    Write,
    /// For good: needs a role that manages the space.
    Purge,
    /// Objects and fields.
    Metadata,
    /// The audit: `audit:read` for itself, or an administrator.
    Audit,
    /// Everything else that only a role does that manages the space.
    Admin,
}

impl Caller {
    /// Access to the records of one object.
    ///
    /// # Errors
    /// 403001 naming the scope that is missing, 403000 when the role does not allow it.
    pub fn may(&self, access: Access, object: &ObjectDef) -> Result<()> {
        let scope = |verb: &str| format!("{}:{verb}", object.plural);
        let rule = self.policy.rule(&object.name);
        match access {
            Access::Read => {
                self.scoped(&[&scope("read"), &scope("write"), "crm:read", "crm:write"], &scope("read"))?;
                self.role_allows(rule.read != Reach::None, &format!("read {}", object.plural))
            }
            Access::Write => {
                self.scoped(&[&scope("write"), "crm:write"], &scope("write"))?;
                let some = rule.create || rule.update != Reach::None || rule.delete != Reach::None;
                self.role_allows(some, &format!("change {}", object.plural))?;
                self.guarded(object)
            }
            Access::Purge | Access::Metadata | Access::Audit | Access::Admin => self.may_manage(access),
        }
    }

    /// Access of the right kind for one change.
    ///
    /// # Errors
    /// As [`Caller::may`].
    pub fn may_change(&self, change: &Change, object: &ObjectDef) -> Result<()> {
        if matches!(change, Change::Purge { .. }) {
            return self.may(Access::Purge, object);
        }
        self.may(Access::Write, object)?;
        if object.read_only {
            let detail = format!("{} are written by the system; they can only be read", object.plural);
            return Err(Error::new(ErrorCode::Forbidden, detail));
        }
        let rule = self.policy.rule(&object.name);
        let (allowed, verb) = match change {
            Change::Create { .. } => (rule.create, "create"),
            Change::Upsert { .. } => (rule.create || rule.update != Reach::None, "change"),
            Change::Update { .. } => (rule.update != Reach::None, "change"),
            Change::Delete { .. } | Change::Restore { .. } | Change::Purge { .. } => {
                (rule.delete != Reach::None, "delete")
            }
        };
        self.role_allows(allowed, &format!("{verb} {}", object.plural))
    }

    /// Access that is not about one object.
    ///
    /// # Errors
    /// As [`Caller::may`].
    pub fn may_manage(&self, access: Access) -> Result<()> {
        match access {
            Access::Metadata => {
                self.scoped(&["metadata:write"], "metadata:write")?;
                self.role_allows(self.policy.manages, "change objects and fields")
            }
            // Whoever has been given the scope by its name reads the audit, whatever else they may.
            Access::Audit if self.scopes.has("audit:read") => Ok(()),
            Access::Audit => {
                self.scoped(&["audit:read"], "audit:read")?;
                self.role_allows(self.policy.manages, "read the audit")
            }
            Access::Purge | Access::Admin => {
                self.scoped(&["admin"], "admin")?;
                self.role_allows(self.policy.manages, "do this")
            }
            Access::Read => self.scoped(&["crm:read", "crm:write"], "crm:read"),
            Access::Write => {
                self.scoped(&["crm:write"], "crm:write")?;
                self.role_allows(self.policy.others.update != Reach::None, "change records")
            }
        }
    }

    /// Whether the role sees every record of an object, whole.
    pub fn sees_all(&self, object: &ObjectDef) -> bool {
        self.policy.rule(&object.name).sees_all()
    }

    /// What gives rights is changed by who manages them.
    fn guarded(&self, object: &ObjectDef) -> Result<()> {
        self.role_allows(!object.guarded || self.policy.manages, &format!("change {}", object.plural))
    }

    fn scoped(&self, wanted: &[&str], name: &str) -> Result<()> {
        if self.scopes.any(wanted) {
            return Ok(());
        }
        Err(Error::new(ErrorCode::ScopeMissing, format!("this credential lacks the scope {name}")).with_scope(name))
    }

    fn role_allows(&self, allowed: bool, what: &str) -> Result<()> {
        if allowed {
            return Ok(());
        }
        Err(Error::new(ErrorCode::Forbidden, format!("the role {} may not {what}", self.policy.role)))
    }
}
