//! May this caller do this to this object? Asked once, before anything is read or written.

use kontor_catalog::ObjectDef;
use kontor_model::{Error, ErrorCode, Result};

use crate::{Caller, Role};

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    /// For good: needs an administrator.
    Purge,
    /// Objects and fields.
    Metadata,
    /// The audit: `audit:read` for itself, or an administrator.
    Audit,
    /// Everything else that only an administrator does.
    Admin,
}

impl Caller {
    /// Access to the records of one object.
    ///
    /// # Errors
    /// 403001 naming the scope that is missing, 403000 when the role does not allow it.
    pub fn may(&self, access: Access, object: &ObjectDef) -> Result<()> {
        let scope = |verb: &str| format!("{}:{verb}", object.plural);
        match access {
            Access::Read => self.scoped(&[&scope("read"), &scope("write"), "crm:read", "crm:write"], &scope("read")),
            Access::Write => {
                self.scoped(&[&scope("write"), "crm:write"], &scope("write"))?;
                self.role_allows(self.role != Role::ReadOnly, "change records")
            }
            Access::Purge | Access::Metadata | Access::Audit | Access::Admin => self.may_manage(access),
        }
    }

    /// Access that is not about one object.
    ///
    /// # Errors
    /// As [`Caller::may`].
    pub fn may_manage(&self, access: Access) -> Result<()> {
        match access {
            Access::Metadata => {
                self.scoped(&["metadata:write"], "metadata:write")?;
                self.role_allows(self.role == Role::Admin, "change objects and fields")
            }
            // Whoever has been given the scope by its name reads the audit, whatever else they may.
            Access::Audit if self.scopes.has("audit:read") => Ok(()),
            Access::Audit => {
                self.scoped(&["audit:read"], "audit:read")?;
                self.role_allows(self.role == Role::Admin, "read the audit")
            }
            Access::Purge | Access::Admin => {
                self.scoped(&["admin"], "admin")?;
                self.role_allows(self.role == Role::Admin, "do this")
            }
            Access::Read => self.scoped(&["crm:read", "crm:write"], "crm:read"),
            Access::Write => {
                self.scoped(&["crm:write"], "crm:write")?;
                self.role_allows(self.role != Role::ReadOnly, "change records")
            }
        }
    }

    fn scoped(&self, wanted: &[&str], name: &str) -> Result<()> {
        if self.scopes.any(wanted) {
            return Ok(());
        }
        Err(Error::new(ErrorCode::ScopeMissing, format!("this credential lacks the scope {name}")))
    }

    fn role_allows(&self, allowed: bool, what: &str) -> Result<()> {
        if allowed {
            return Ok(());
        }
        Err(Error::new(ErrorCode::Forbidden, format!("the role {} may not {what}", self.role.name())))
    }
}
