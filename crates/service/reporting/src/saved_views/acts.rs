//! `POST /v1/saved_views/{id}/set_default`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value};
use kontor_records::{Act, Asked, Plan, Sight, refusal};

use super::{CHOICE, VIEW, place};

/// See [`super::object`].
pub(crate) struct SetDefault;

impl Act for SetDefault {
    fn object(&self) -> &'static str {
        VIEW
    }

    fn name(&self) -> &'static str {
        "set_default"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let view = &asked.record;
            let none = || refusal("no_user", "a default view is a user's, and this credential has none");
            let user = sight.ctx().caller.user_id.ok_or_else(none)?;
            let place = place(user.0, view.text("target_object"));
            let before = sight.find(CHOICE, &[("place", Op::Eq, Value::text(place))], 1).await?;
            let chosen = ("saved_view_id", Value::Int(view.id.0));
            Ok(Plan::one(match before.first() {
                Some(choice) => sight.update(choice, &[chosen])?,
                None => sight.create(CHOICE, &[("owner_id", Value::Int(user.0)), chosen])?,
            }))
        }
        .boxed()
    }
}
