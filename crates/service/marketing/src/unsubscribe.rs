//! Leaving with one click (RFC 8058), and coming back: the page that every mail of marketing links to.
//!
//! A GET changes nothing, for programs follow links before people do. A POST leaves at once, whatever it holds; mail
//! programs send `List-Unsubscribe=One-Click`. The link knows the address by its digest, so that it also works when the
//! person's record is gone.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::show::escape_html;
use kontor_model::{Error, Json, Op, Result, Value};
use kontor_records::{Found, Guest, Plan, Shown, Sight, Taken, Visit};

use crate::letters::NOTHING;
use crate::permission::is_about_mail;
use crate::person::{Mark, digest};
use crate::suppression;

/// The member of a POST that comes back.
const AGAIN: &str = "subscribe";
/// The most consents and ways through sequences of one person.
const MOST: u64 = 500;

/// The page of links about campaigns, or about sequences.
pub(crate) struct Unsubscribe {
    pub page: &'static str,
    pub object: &'static str,
}

impl Guest for Unsubscribe {
    fn page(&self) -> &'static str {
        self.page
    }

    fn object(&self) -> &'static str {
        self.object
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Shown>> {
        async move {
            let mark = Mark::read(&visit.mark).ok_or_else(Error::not_found)?;
            let is_out = !suppression::of(sight, vec![mark.digest.clone()]).await?.is_empty();
            Ok(shown(is_out, false))
        }
        .boxed()
    }

    fn take<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Taken>> {
        async move {
            let mark = Mark::read(&visit.mark).ok_or_else(Error::not_found)?;
            let person = sight.record(mark.object, mark.id).await?;
            // An address that was changed since is another's business.
            let person = person.filter(|person| digest(person.text("email")) == mark.digest);
            let again = visit.input.get(AGAIN).is_some();
            let plan = if again {
                come_back(sight, &mark, person.as_ref()).await?
            } else {
                leave(sight, visit, &mark, person.as_ref()).await?
            };
            Ok(Taken { plan, shown: shown(!again, true) })
        }
        .boxed()
    }
}

async fn leave(sight: &Sight<'_>, visit: &Visit, mark: &Mark, person: Option<&Found>) -> Result<Plan> {
    let mut plan = Plan::default();
    plan.steps.extend(suppression::put(sight, &mark.digest, "unsubscribed").await?);
    let now = sight.now();
    if let Some(person) = person {
        let is_contact = mark.object == "contact";
        if is_contact && !person.flag("do_not_email") {
            plan.push(sight.update(person, &[("do_not_email", true.into())])?.told("unsubscribe", "unsubscribed"));
        }
        let reference = if is_contact { "contact_id" } else { "lead_id" };
        let theirs = [(reference, Op::Eq, Value::Int(person.id.0)), ("withdrawn_at", Op::IsNull, Value::Bool(true))];
        for consent in sight.find("consent", &theirs, MOST).await?.iter().filter(|consent| is_about_mail(consent)) {
            plan.push(sight.update(consent, &[("withdrawn_at", now.into())])?.told("withdraw", "withdrawn"));
        }
        plan.steps.extend(crate::sequence::stopped(sight, person, "unsubscribed").await?);
        if visit.record.object() == "campaign" {
            let key = format!("{}/{}", visit.record.id, if is_contact { 'c' } else { 'l' });
            let member = [("person_key", Op::Eq, Value::text(format!("{key}{}", person.id)))];
            for member in sight.find("campaign_member", &member, 1).await? {
                let fields =
                    [("status", "unsubscribed".into()), ("unsubscribed_at", now.into()), ("waiting_id", NOTHING)];
                plan.push(sight.update(&member, &fields)?.told("unsubscribe", "unsubscribed"));
            }
        }
    }
    Ok(plan)
}

async fn come_back(sight: &Sight<'_>, mark: &Mark, person: Option<&Found>) -> Result<Plan> {
    let mut plan = Plan::default();
    let own = suppression::of(sight, vec![mark.digest.clone()]).await?;
    // Who left can come back; an address where nobody is stays out.
    for one in own.iter().filter(|one| one.text("reason") == "unsubscribed") {
        plan.push(sight.delete(one));
    }
    if let Some(person) = person.filter(|_| !plan.steps.is_empty()) {
        let reference = if mark.object == "contact" { "contact_id" } else { "lead_id" };
        if mark.object == "contact" && person.flag("do_not_email") {
            plan.push(sight.update(person, &[("do_not_email", false.into())])?.told("subscribe", "subscribed"));
        }
        let consent = [
            (reference, Value::Int(person.id.0)),
            ("purpose", "marketing".into()),
            ("channel", "email".into()),
            ("legal_basis", "consent".into()),
            ("given_at", sight.now().into()),
            ("source", "the page to unsubscribe: taken back".into()),
        ];
        plan.push(sight.create("consent", &consent)?.told("give", "given"));
    }
    Ok(plan)
}

fn shown(is_out: bool, done: bool) -> Shown {
    let (title, words, button) = match (is_out, done) {
        (true, true) => {
            ("You are unsubscribed", "We will not write to this address any more.", Some((AGAIN, "Take it back")))
        }
        (true, false) => ("You are unsubscribed", "We do not write to this address.", Some((AGAIN, "Subscribe again"))),
        (false, true) => ("You are subscribed again", "We will go on writing to this address.", None),
        (false, false) => {
            ("Unsubscribe", "We will stop writing to this address at once.", Some(("unsubscribe", "Unsubscribe")))
        }
    };
    let button = button.map_or_else(String::new, |(name, label)| {
        let class = if name == AGAIN { " class=\"second\"" } else { "" };
        format!("<form method=\"post\"><input type=\"hidden\" name=\"{name}\" value=\"1\"><button{class}>{label}</button></form>")
    });
    let data = Json::Object(vec![("unsubscribed".to_owned(), Json::Bool(is_out))]);
    let mut bytes = Vec::new();
    data.write(&mut bytes);
    Shown {
        data: bytes,
        html: format!("<h1>{}</h1><p>{}</p>{button}", escape_html(title), escape_html(words)),
        title: title.to_owned(),
        language: "en".to_owned(),
        ..Shown::default()
    }
}
