//! A checked credential becomes a caller: one place, whatever the credential was.

use std::sync::Arc;

use kontor_catalog::Catalogs;
use kontor_model::{Allowance, Error, ErrorCode, Id, Kind, Limits, Op, Result, Settings, SpaceId, Value};
use kontor_records::{Caller, Scopes, Standing, Via};
use kontor_store::{Cond, Expr, Select, Store, Which, system};

use crate::roles::Roles;

/// Who was found behind a credential.
#[derive(Debug, Clone)]
pub struct Holder {
    pub space: SpaceId,
    /// The key, session or token; idempotency keys and limits are its own.
    pub credential: Id,
    /// What kind of credential it is.
    pub via: Via,
    /// Whose records it makes, and whose rights it has.
    pub user: Option<Id>,
    /// The role that the credential itself names.
    pub role: String,
    /// None for a session: all that its rights can use.
    pub scopes: Option<Vec<String>>,
    /// The limits that the credential itself names.
    pub allowance: Allowance,
}

/// Makes callers.
pub struct Callers {
    store: Arc<dyn Store>,
    catalogs: Arc<Catalogs>,
    roles: Arc<Roles>,
    defaults: Settings,
}

/// A user as rights see it.
#[derive(Debug, Default)]
struct User {
    role: Option<Id>,
    team: Option<i64>,
}

impl Callers {
    /// `defaults` are the settings of a workspace that has none of its own.
    pub fn new(store: Arc<dyn Store>, catalogs: Arc<Catalogs>, roles: Arc<Roles>, defaults: Settings) -> Self {
        Self { store, catalogs, roles, defaults }
    }

    /// The caller: it may do what both its credential's role and its user's role allow.
    ///
    /// # Errors
    /// 401001 when its user is gone or may not sign in; the database's.
    pub async fn of(&self, holder: Holder) -> Result<Caller> {
        let user = match holder.user {
            None => User::default(),
            Some(id) => self.user(holder.space, id).await?,
        };
        let role = match user.role {
            None => None,
            Some(role) => self.roles.name_of(holder.space, role).await?,
        };
        let policy = match role {
            None => self.roles.get(holder.space, &holder.role).await,
            Some(role) => self.roles.both(holder.space, &holder.role, &role).await,
        };
        // A role that is gone allows nothing.
        let policy = policy.map_err(|error| match error.code() {
            ErrorCode::EnumNotAllowed => {
                Error::new(ErrorCode::BadCredential, "the credential's role does not exist any more")
            }
            _ => error,
        })?;
        let standing = match holder.user.filter(|_| policy.is_personal()) {
            None => Standing::alone(holder.user),
            Some(id) => self.standing(holder.space, id, user.team).await?,
        };
        let own = crate::spaces::admit(&*self.store, holder.space).await?;
        Ok(Caller {
            space: holder.space,
            key_id: holder.credential,
            via: holder.via,
            user_id: holder.user,
            scopes: Scopes::new(holder.scopes.unwrap_or_else(|| crate::scopes::of_role(&policy))),
            policy,
            standing: Arc::new(standing),
            settings: Arc::new(own.settings(&self.defaults)),
            limits: Limits { key: holder.allowance.or(own.key_allowance()), space: own.space_allowance() },
        })
    }

    async fn user(&self, space: SpaceId, id: Id) -> Result<User> {
        let columns = [("role_id", Kind::Int), ("team_id", Kind::Int), ("active", Kind::Bool)];
        let select = self.records(space, "user", &columns).await?.equals("id", Kind::Int, id.0).limit(1);
        match self.store.rows(select).await?.first().map(Vec::as_slice) {
            Some([role, team, active]) if active.as_bool() != Some(false) => {
                Ok(User { role: role.as_i64().map(Id), team: team.as_i64() })
            }
            _ => Err(Error::new(ErrorCode::BadCredential, "the credential's user is gone or may not sign in")),
        }
    }

    /// Teams are the user's own, those that it is a member of and those that it manages.
    async fn standing(&self, space: SpaceId, user: Id, team: Option<i64>) -> Result<Standing> {
        let id = [("id", Kind::Int)];
        let managed = self.records(space, "team", &id).await?.equals("manager_id", Kind::Int, user.0);
        let mut teams: Vec<i64> = ids(&self.store.rows(managed).await?).chain(team).collect();
        let joined = self.records(space, "team_member", &[("team_id", Kind::Int)]).await?;
        teams.extend(ids(&self.store.rows(joined.equals("user_id", Kind::Int, user.0)).await?));
        teams.sort_unstable();
        teams.dedup();
        let mut members = vec![user.0];
        if !teams.is_empty() {
            let of_teams = self.records(space, "user", &id).await?.filter(Cond::Test {
                left: Expr::column("team_id", Kind::Int),
                op: Op::In,
                right: Value::Ints(teams.clone()),
            });
            members.extend(ids(&self.store.rows(of_teams).await?));
            let joined = self.records(space, "team_member", &[("user_id", Kind::Int)]).await?.filter(Cond::Test {
                left: Expr::column("team_id", Kind::Int),
                op: Op::In,
                right: Value::Ints(teams.clone()),
            });
            members.extend(ids(&self.store.rows(joined).await?));
            let mut seen = std::collections::HashSet::new();
            members.retain(|id| seen.insert(*id));
        }
        let grantees: Vec<i64> = std::iter::once(user.0).chain(teams).collect();
        let object = Expr::column("object", Kind::Text);
        let mut shared = Select::new(space, system::SHARE, vec![object.clone()]).filter(Cond::Test {
            left: Expr::column("grantee_id", Kind::Int),
            op: Op::In,
            right: Value::Ints(grantees.clone()),
        });
        shared.group.push(object);
        let rows = self.store.rows(shared).await?;
        let keys: Vec<&str> = rows.iter().filter_map(|row| row.first()?.as_str()).collect();
        let catalog = self.catalogs.get(space).await?;
        let shared = catalog.objects().filter(|o| keys.contains(&o.key.as_str())).map(|o| o.name.clone()).collect();
        Ok(Standing { team: members, grantees, shared })
    }

    async fn records(&self, space: SpaceId, object: &str, columns: &[(&str, Kind)]) -> Result<Select> {
        let catalog = self.catalogs.get(space).await?;
        let def = catalog.require(object)?;
        let columns: Vec<Expr> = columns.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
        let mut select = Select::new(space, def.table_name().clone(), columns);
        select.from = def.source(Which::Live);
        Ok(select)
    }
}

fn ids(rows: &[Vec<Value>]) -> impl Iterator<Item = i64> {
    rows.iter().filter_map(|row| row.first()?.as_i64())
}
