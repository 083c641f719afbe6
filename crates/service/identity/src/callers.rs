//! A checked credential becomes a caller: one place, whatever the credential was.

use std::sync::Arc;

use kontor_model::{Allowance, Id, Limits, Result, Settings, SpaceId};
use kontor_records::{Caller, Role, Scopes};
use kontor_store::Store;

/// Who was found behind a credential.
#[derive(Debug, Clone)]
pub struct Holder {
    pub space: SpaceId,
    /// The key, session or token; idempotency keys and limits are its own.
    pub credential: Id,
    /// Whose records it makes, and whose rights it has.
    pub user: Option<Id>,
    /// The role that the credential itself names.
    pub role: String,
    pub scopes: Vec<String>,
    /// The limits that the credential itself names.
    pub allowance: Allowance,
}

/// Makes callers.
pub struct Callers {
    store: Arc<dyn Store>,
    defaults: Settings,
}

impl Callers {
    /// `defaults` are the settings of a workspace that has none of its own.
    pub fn new(store: Arc<dyn Store>, defaults: Settings) -> Self {
        Self { store, defaults }
    }

    /// The caller, with the rights of its role and the settings of its workspace.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(&self, holder: Holder) -> Result<Caller> {
        let own = crate::spaces::own_settings(&*self.store, holder.space).await?;
        Ok(Caller {
            space: holder.space,
            key_id: holder.credential,
            user_id: holder.user,
            role: Role::from_name(&holder.role).unwrap_or(Role::ReadOnly),
            scopes: Scopes::new(holder.scopes),
            settings: Arc::new(own.settings(&self.defaults)),
            limits: Limits { key: holder.allowance.or(own.key_allowance()), space: own.space_allowance() },
        })
    }
}
