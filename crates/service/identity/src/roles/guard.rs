//! What may not be done to roles and to the users who hold them.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Id, Kind, Op, Result, Value};
use kontor_records::{Ctx, Hook, Sight, Touched, Verdict, refusal};
use kontor_store::{Cond, Expr, Which};

use super::BUILT_IN;

/// All rules of this service.
pub fn all() -> Vec<Arc<dyn Hook>> {
    vec![Arc::new(ShippedRoles), Arc::new(ShippedPermissions), Arc::new(LastOwner)]
}

fn refused(steps: impl IntoIterator<Item = usize>, rule: &str, detail: &str) -> Vec<Verdict> {
    steps.into_iter().map(|step| Verdict::Refuse { step, error: refusal(rule, detail) }).collect()
}

/// Whether the system itself acts, which has no credential.
fn is_system(ctx: &Ctx) -> bool {
    ctx.caller.key_id == Id(0)
}

/// A shipped role is neither changed nor deleted, nor is another made to look like one.
struct ShippedRoles;

impl Hook for ShippedRoles {
    fn objects(&self) -> &'static [&'static str] {
        &["role"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let ctx = sight.ctx();
            if is_system(ctx) {
                return Ok(Vec::new());
            }
            let shipped = |record: &&Touched<'_>| {
                let (before, after) = record.field("built_in");
                let named =
                    record.field("name").1.as_str().is_some_and(|name| BUILT_IN.iter().any(|(n, _)| *n == name));
                before.as_bool() == Some(true) || after.as_bool() == Some(true) || named
            };
            let detail = "a role that is shipped is not changed; make one of your own";
            Ok(refused(touched.iter().filter(shipped).map(|t| t.step), "built_in_role", detail))
        }
        .boxed()
    }
}

/// A shipped role has the permissions that it is shipped with.
struct ShippedPermissions;

impl Hook for ShippedPermissions {
    fn objects(&self) -> &'static [&'static str] {
        &["permission"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let (records, ctx) = (sight.records(), sight.ctx());
            let mut out = unknown_targets(ctx, touched);
            let roles = touched.iter().flat_map(|t| [t.field("role_id").0, t.field("role_id").1]);
            let roles: Vec<i64> = roles.filter_map(Value::as_i64).collect();
            let def = ctx.whole.require("role")?;
            let columns = vec![Expr::column("id", Kind::Int), Expr::column("built_in", Kind::Bool)];
            let select = ctx.records_of(def, Which::All, columns).filter(Cond::Test {
                left: Expr::column("id", Kind::Int),
                op: Op::In,
                right: Value::Ints(roles),
            });
            let shipped: Vec<i64> = (records.store().rows(select).await?.iter())
                .filter(|row| row.get(1).and_then(Value::as_bool) == Some(true))
                .filter_map(|row| row.first()?.as_i64())
                .collect();
            let of_shipped = |t: &&Touched<'_>| {
                let (before, after) = t.field("role_id");
                [before, after].iter().any(|role| role.as_i64().is_some_and(|id| shipped.contains(&id)))
            };
            let detail = "a shipped role has the permissions that it is shipped with; make a role of your own";
            out.extend(refused(touched.iter().filter(of_shipped).map(|t| t.step), "built_in_role", detail));
            Ok(out)
        }
        .boxed()
    }
}

/// A permission that names no object, no action or no field would allow or hide nothing, unseen.
fn unknown_targets(ctx: &Ctx, touched: &[Touched<'_>]) -> Vec<Verdict> {
    const ACTIONS: &[&str] = &["create", "read", "update", "delete", "*"];
    let fault = |path: &str, message: String| Error::from(kontor_model::Fault::new(path, "unknown", message));
    let check = |t: &Touched<'_>| -> Option<Error> {
        t.after?;
        let text = |path: &str| t.field(path).1.as_str().unwrap_or_default();
        let (object, action) = (text("target_object"), text("action"));
        let def = ctx.whole.object(object);
        if object != "*" && def.is_none() {
            let hint = kontor_model::name::hint(object, ctx.whole.objects().map(|o| o.name.as_str()));
            return Some(fault("target_object", format!("there is no object \"{object}\"{hint}; * stands for all")));
        }
        if !ACTIONS.contains(&action) {
            return Some(fault("action", format!("must be one of {}, not \"{action}\"", ACTIONS.join(", "))));
        }
        let mask: serde_json::Value = serde_json::from_str(text("field_mask")).unwrap_or_default();
        let lists = ["hidden", "read_only"].into_iter().filter_map(|key| mask.get(key)?.as_array());
        let unknown = lists.flatten().find(|path| {
            let path = path.as_str().unwrap_or_default();
            def.is_some_and(|def| def.field(path).is_none())
        })?;
        Some(fault("field_mask", format!("{unknown} is not a field of {object}")))
    };
    touched.iter().filter_map(|t| Some(Verdict::Refuse { step: t.step, error: check(t)? })).collect()
}

/// A space always has an active owner.
struct LastOwner;

impl Hook for LastOwner {
    fn objects(&self) -> &'static [&'static str] {
        &["user"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let (records, ctx) = (sight.records(), sight.ctx());
            // Most changes are of names and numbers.
            let matters = |t: &Touched<'_>| {
                let differs = |path: &str| t.field(path).0 != t.field(path).1;
                t.before.is_some() && (t.after.is_none() || differs("role_id") || differs("active"))
            };
            if !touched.iter().any(matters) {
                return Ok(Vec::new());
            }
            let role = ctx.whole.require("role")?;
            let select = ctx.records_of(role, Which::Live, vec![Expr::column("id", Kind::Int)]).equals(
                "name",
                Kind::Text,
                "owner",
            );
            let Some(owner) = records.store().rows(select).await?.first().and_then(|row| row.first()?.as_i64()) else {
                return Ok(Vec::new());
            };
            let owns = |role: &Value, active: &Value| role.as_i64() == Some(owner) && active.as_bool() != Some(false);
            let was = |t: &Touched<'_>| t.before.is_some() && owns(t.field("role_id").0, t.field("active").0);
            let is = |t: &Touched<'_>| t.after.is_some() && owns(t.field("role_id").1, t.field("active").1);
            let losing: Vec<&Touched<'_>> = touched.iter().filter(|t| was(t) && !is(t)).collect();
            if losing.is_empty() || touched.iter().any(is) {
                return Ok(Vec::new());
            }
            let user = ctx.whole.require("user")?;
            let mine: Vec<i64> = touched.iter().map(|t| t.id.0).collect();
            let test =
                |name: &str, kind: Kind, op: Op, right: Value| Cond::Test { left: Expr::column(name, kind), op, right };
            let others = ctx
                .records_of(user, Which::Live, vec![Expr::column("id", Kind::Int)])
                .equals("role_id", Kind::Int, owner)
                .filter(test("active", Kind::Bool, Op::Ne, Value::Bool(false)))
                .filter(test("id", Kind::Int, Op::Nin, Value::Ints(mine)))
                .limit(1);
            if !records.store().rows(others).await?.is_empty() {
                return Ok(Vec::new());
            }
            let detail = "this is the last active owner; make another user owner first";
            Ok(refused(losing.into_iter().map(|t| t.step), "last_owner", detail))
        }
        .boxed()
    }
}
