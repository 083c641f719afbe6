//! Views of records: what a service makes of a record for a reader, and changes nothing.

use futures::future::BoxFuture;
use kontor_model::{Error, ErrorCode, Id, Json, Result};

use crate::counters::Counters;
use crate::{Access, Ctx, Found, Input, Records, Sight};

/// What was asked of a view.
#[derive(Debug)]
pub struct Viewed {
    pub record: Found,
    pub input: Input,
    /// The media type that is wanted, one of the declared ones.
    pub media: String,
}

/// A view's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sheet {
    /// The `data` of an answer.
    Json(Vec<u8>),
    /// A file of a type of its own.
    File { media: String, name: String, bytes: Vec<u8> },
}

/// A view of an object, declared in [`kontor_model::Object::views`].
pub trait Look: Send + Sync {
    fn object(&self) -> &'static str;

    fn name(&self) -> &'static str;

    /// What it shows. The record is one that the caller may read; what else is shown has to be looked up as the caller
    /// may see it.
    ///
    /// # Errors
    /// 422000 where there is nothing to show; the database's.
    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>>;
}

/// A question to a view.
pub struct Glance<'a> {
    pub object: &'a str,
    pub view: &'a str,
    pub id: Id,
    /// Its parameters, as an object of texts and numbers.
    pub input: &'a Json,
    pub media: String,
}

impl Records {
    /// Every view that is known: object and name.
    pub fn views(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.looks.iter().map(|look| (look.object(), look.name()))
    }

    /// Answers a question of a service about no record that is kept; nothing is changed.
    ///
    /// # Errors
    /// Those of the question.
    pub async fn ask<T>(
        &self,
        ctx: &Ctx,
        question: impl for<'a> FnOnce(&'a Sight<'a>) -> BoxFuture<'a, Result<T>>,
    ) -> Result<T> {
        let counters = Counters::default();
        let sight = Sight::new(self, ctx, self.clock().now_ms(), None, &counters);
        question(&sight).await
    }

    /// Shows a record.
    ///
    /// # Errors
    /// 404000 for a view that the object does not have, 404001, 403; those of the view.
    pub async fn look(&self, ctx: &Ctx, glance: Glance<'_>) -> Result<Sheet> {
        let def = ctx.catalog.require(glance.object)?.clone();
        let view = def.views.iter().find(|view| view.name == glance.view);
        let look = self.looks.iter().find(|look| look.object() == def.name && look.name() == glance.view);
        let (Some(view), Some(look)) = (view, look) else {
            return Err(Error::new(ErrorCode::NoRoute, format!("{} have no {}", def.plural, glance.view)));
        };
        ctx.caller.may(Access::Read, &def)?;
        if view.secret && ctx.caller.via.impersonator.is_some() {
            let detail = format!("{} of {} is for the user alone, not for who acts in the user's name", view.name, def.plural);
            return Err(Error::new(ErrorCode::Forbidden, detail));
        }
        let input = Input::of(&view.name, &view.input, glance.input, ctx.settings())?;
        let counters = Counters::default();
        let sight = Sight::new(self, ctx, self.clock().now_ms(), None, &counters);
        let record = sight.visible(&def.name, glance.id).await?;
        look.show(&sight, &Viewed { record, input, media: glance.media }).await
    }
}
