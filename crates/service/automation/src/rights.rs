//! In whose right a run does what it does: never in more than that of who said it or who started it.

use futures::future::BoxFuture;
use kontor_model::{Id, Result, SpaceId};
use kontor_records::Ctx;
use serde_json::{Value as J, json};

/// A user, a role that it acts in, and scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    pub user: Option<Id>,
    pub role: String,
    pub scopes: Vec<String>,
}

/// Makes a way into a space: in these rights, or in the program's own. The text is the request's id in the audit.
pub type Enter = Box<dyn Fn(SpaceId, Option<Rights>, String) -> BoxFuture<'static, Result<Ctx>> + Send + Sync>;

impl Rights {
    /// Those of who asks.
    pub(crate) fn of(ctx: &Ctx) -> Self {
        let caller = &ctx.caller;
        let scopes = caller.scopes.names().into_iter().map(str::to_owned).collect();
        Self { user: caller.user_id, role: caller.policy.role.clone(), scopes }
    }

    /// These, by somebody else: its own user, and of the scopes those that both have. The role stays, so that both
    /// the role and the user's own have to allow what is done.
    pub(crate) fn used_by(&self, ctx: &Ctx) -> Self {
        let starter = Self::of(ctx);
        let both = |scope: &String| self.scopes.contains(scope) || self.scopes.iter().any(|own| own == "admin");
        let scopes = starter.scopes.iter().filter(|scope| both(scope)).cloned();
        let admin = starter.scopes.iter().any(|scope| scope == "admin");
        let scopes = if admin { self.scopes.clone() } else { scopes.collect() };
        let role = if self.role == starter.role || admin_role(&self.role) { starter.role } else { self.role.clone() };
        Self { user: starter.user, role, scopes }
    }

    pub(crate) fn json(&self) -> J {
        json!({"user_id": self.user.map(|id| id.to_string()), "role": self.role, "scopes": self.scopes})
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let json: J = serde_json::from_str(text).ok()?;
        Some(Self {
            user: json["user_id"].as_str().and_then(|id| id.parse().ok()),
            role: json["role"].as_str()?.to_owned(),
            scopes: json["scopes"].as_array()?.iter().filter_map(J::as_str).map(str::to_owned).collect(),
        })
    }
}

/// Roles that allow everything: what another allows is less.
fn admin_role(role: &str) -> bool {
    matches!(role, "owner" | "admin")
}
