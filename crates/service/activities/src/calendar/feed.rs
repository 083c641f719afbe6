//! Feeds: a user's calendar under a link of its own. Whoever has the link reads it; a new link, or a feed that is deleted,
//! closes the old one.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Action, Error, ErrorCode, Field, FieldType, Id, Object, Op, Result, Value, View};
use kontor_records::{
    Act, Asked, Found, Guest, Hook, Look, Plan, Sheet, Shown, Sight, Taken, Touched, Verdict, Viewed, Visit, refusal,
};

use super::MEDIA;
use super::event::{begin, end, write};
use crate::activity::REMINDING;

const OBJECT: &str = "calendar_feed";
const PAGE: &str = "calendar";
const DAY_MS: i64 = 86_400_000;
/// How far back and ahead a feed goes.
const BEFORE_MS: i64 = 90 * DAY_MS;
const AHEAD_MS: i64 = 730 * DAY_MS;
/// Of one kind.
const MOST: u64 = 2_000;

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, OBJECT, "calendar_feeds")
        .doc("A user's meetings, calls and tasks for a calendar program, under a link of its own.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 120)).required().doc("Where it is used, such as Phone."))
        .field(Field::reference("user", "user").read_only().doc("Whose calendar it is: who made it."))
        .field(
            Field::new("mark", FieldType::text(40))
                .technical()
                .read_only()
                .doc("What its link is made of; another one closes the links before."),
        )
        .action(Action::new("renew", "Gives it a new link; the old one opens nothing any more."))
        .view(View::new("link", "The address that a calendar program subscribes to.").secret())
}

/// Says whose a new feed is, and gives it its mark.
pub(crate) struct Marks;

impl Hook for Marks {
    fn objects(&self) -> &'static [&'static str] {
        &[OBJECT]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let new = touched.iter().filter(|t| t.is_new() && t.value("mark").is_null());
            let user: Value = sight.ctx().caller.user_id.map(|id| id.0).into();
            let amend = |t: &Touched<'_>| {
                [
                    Verdict::Amend { id: t.id, field: "mark", value: Value::Text(mark(sight)) },
                    Verdict::Amend { id: t.id, field: "user_id", value: user.clone() },
                ]
            };
            Ok(new.flat_map(amend).collect())
        }
        .boxed()
    }
}

fn mark(sight: &Sight<'_>) -> String {
    sight.records().ids().next().to_string()
}

pub(crate) struct Renew;

impl Act for Renew {
    fn object(&self) -> &'static str {
        OBJECT
    }

    fn name(&self) -> &'static str {
        "renew"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let fields = [("mark", Value::Text(mark(sight)))];
            Ok(Plan::one(sight.update(&asked.record, &fields)?.told("renew", "renewed")))
        }
        .boxed()
    }
}

/// The view `link`: for the user whose calendar it is.
pub(crate) struct Link;

impl Look for Link {
    fn object(&self) -> &'static str {
        OBJECT
    }

    fn name(&self) -> &'static str {
        "link"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let feed = &viewed.record;
            let Some(user) = feed.reference("user_id") else {
                return Err(refusal(
                    "calendar_user",
                    "the feed was made by no user; make one with a user's own credential",
                ));
            };
            if sight.ctx().caller.user_id != Some(user) {
                let detail = "a calendar's link is for the user whose calendar it is";
                return Err(Error::new(ErrorCode::Forbidden, detail));
            }
            let url = format!("{}.ics", sight.link(PAGE, feed.id, feed.text("mark"))?);
            Ok(Sheet::Json(serde_json::json!({"url": url}).to_string().into_bytes()))
        }
        .boxed()
    }
}

/// What the link opens.
pub(crate) struct Page;

impl Guest for Page {
    fn page(&self) -> &'static str {
        PAGE
    }

    fn object(&self) -> &'static str {
        OBJECT
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Shown>> {
        async move {
            let feed = &visit.record;
            if visit.mark.is_empty() || visit.mark != feed.text("mark") {
                return Err(Error::not_found());
            }
            let user = sight.referred("user", feed.value("user_id")).await?;
            let user =
                user.filter(|user| user.value("active").as_bool() != Some(false)).ok_or_else(Error::not_found)?;
            let zone = Some(user.text("time_zone")).filter(|zone| !zone.is_empty());
            let mut calendar = begin(Some(feed.text("name")), zone.unwrap_or(&sight.settings().time_zone));
            for kind in REMINDING {
                for activity in planned(sight, kind, user.id).await? {
                    write(&mut calendar, sight.ctx().space(), &activity);
                }
            }
            Ok(Shown { file: Some((MEDIA.to_owned(), end(calendar))), ..Shown::default() })
        }
        .boxed()
    }

    fn take<'a>(&'a self, _: &'a Sight<'a>, _: &'a Visit) -> BoxFuture<'a, Result<Taken>> {
        async move { Err(Error::new(ErrorCode::NoRoute, "a calendar is only read")) }.boxed()
    }
}

/// What a user does, or owns and nobody else does, by its time.
async fn planned(sight: &Sight<'_>, kind: &str, user: Id) -> Result<Vec<Found>> {
    let from = ("due_at", Op::Gte, Value::Int(sight.now() - BEFORE_MS));
    let to = ("due_at", Op::Lte, Value::Int(sight.now() + AHEAD_MS));
    let of = Value::Int(user.0);
    let assigned = [("assignee_id", Op::Eq, of.clone()), from.clone(), to.clone()];
    let mut out = sight.sorted(kind, &assigned, &["due_at"], MOST).await?;
    let own = [("owner_id", Op::Eq, of), ("assignee_id", Op::IsNull, Value::Bool(true)), from, to];
    out.extend(sight.sorted(kind, &own, &["due_at"], MOST).await?);
    Ok(out)
}
