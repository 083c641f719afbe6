//! Canned replies: texts with placeholders that are filled when they are sent.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Field, FieldType, Object, Result};
use kontor_records::{Found, Hook, Sight, Touched, Verdict};

/// What a text may speak of: record and field.
const PLACEHOLDERS: &[&str] = &[
    "contact.first_name",
    "contact.last_name",
    "contact.name",
    "contact.email",
    "contact.title",
    "company.name",
    "ticket.number",
    "ticket.subject",
    "ticket.status",
    "ticket.priority",
    "agent.name",
    "agent.title",
];

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "canned_reply", "canned_replies")
        .doc("A text that is sent again and again, with placeholders such as {{contact.first_name}}.")
        .field(Field::new("name", FieldType::text_between(1, 120)).required().unique().searched())
        .field(Field::new("body", FieldType::long_text()).required())
        .field(Field::reference("queue", "queue").indexed().doc("The queue that it is for; all when there is none."))
        .field(Field::new("active", FieldType::boolean()).default(true))
}

/// A text speaks only of what is known when it is sent.
pub(crate) struct KnownPlaceholders;

impl Hook for KnownPlaceholders {
    fn objects(&self) -> &'static [&'static str] {
        &["canned_reply"]
    }

    fn meet<'a>(&'a self, _: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let refuse = |t: &Touched<'_>| {
                let fault =
                    t.after.filter(|_| t.changes("body")).and_then(|_| check(t.field("body").1.as_str()?).err())?;
                Some(Verdict::Refuse { step: t.step, error: Error::from(fault) })
            };
            Ok(touched.iter().filter_map(refuse).collect())
        }
        .boxed()
    }
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Placeholder(&'t str),
}

/// The pieces of a text; the rest after a `{{` that nothing closes is an error.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, &str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (inside, after) = behind.split_once("}}").ok_or(behind)?;
        out.extend([Piece::Text(before), Piece::Placeholder(inside.trim())]);
        rest = after;
    }
    out.push(Piece::Text(rest));
    Ok(out)
}

fn check(text: &str) -> Result<(), Fault> {
    let fault = |message: String| Fault::new("body", "placeholder", message).allowed(PLACEHOLDERS.iter().copied());
    let all = pieces(text).map_err(|_| fault("has a {{ that no }} closes".to_owned()))?;
    for piece in all {
        if let Piece::Placeholder(name) = piece
            && !PLACEHOLDERS.contains(&name)
        {
            let hint = kontor_model::name::hint(name, PLACEHOLDERS.iter().copied());
            return Err(fault(format!("has the unknown placeholder {{{{{name}}}}}{hint}")));
        }
    }
    Ok(())
}

/// The text with its placeholders filled; what is not known is left empty.
fn fill(text: &str, value: impl Fn(&str, &str) -> String) -> String {
    let Ok(pieces) = pieces(text) else { return text.to_owned() };
    let one = |piece: Piece<'_>| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Placeholder(name) => {
            name.split_once('.').map(|(record, field)| value(record, field)).unwrap_or_default()
        }
    };
    pieces.into_iter().map(one).collect()
}

/// A canned reply about a ticket, as the caller would write it: of what it may not see nothing is said.
///
/// # Errors
/// The database's.
pub(crate) async fn text(sight: &Sight<'_>, canned: &Found, ticket: &Found) -> Result<String> {
    let contact = match ticket.reference("contact_id") {
        Some(id) => sight.visible("contact", id).await.ok(),
        None => None,
    };
    let company = ticket.reference("company_id").or_else(|| contact.as_ref()?.reference("company_id"));
    let company = match company {
        Some(id) => sight.visible("company", id).await.ok(),
        None => None,
    };
    let agent = match sight.ctx().caller.user_id {
        Some(id) => sight.record("user", id).await?,
        None => None,
    };
    let value = |record: &str, field: &str| {
        let (found, object) = match record {
            "contact" => (contact.as_ref(), "contact"),
            "company" => (company.as_ref(), "company"),
            "ticket" => (Some(ticket), "ticket"),
            _ => (agent.as_ref(), "user"),
        };
        let shown = sight.ctx().catalog.object(object).is_some_and(|def| def.native().field(field).is_some());
        found.filter(|_| shown).map(|found| found.text(field).to_owned()).unwrap_or_default()
    };
    Ok(fill(canned.text("body"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled() {
        let value = |record: &str, field: &str| format!("<{record}:{field}>");
        assert_eq!(
            fill("Dear {{contact.first_name}}, {{ ticket.number }} {x}", value),
            "Dear <contact:first_name>, <ticket:number> {x}"
        );
        // What a value says is not read again.
        assert_eq!(fill("{{contact.name}}", |_, _| "{{agent.name}}".to_owned()), "{{agent.name}}");
        assert_eq!(fill("", value), "");
    }

    #[test]
    fn unknown_placeholders_are_refused() {
        assert!(PLACEHOLDERS.iter().all(|name| check(&format!("{{{{{name}}}}}")).is_ok()));
        assert!(check("no placeholders, {one} brace").is_ok());
        for (bad, word) in [
            ("{{contact.fist_name}}", "did you mean \"contact.first_name\""),
            ("{{}}", "unknown placeholder"),
            ("{{contact.first_name", "no }} closes"),
            ("{{contact}}", "unknown placeholder"),
            ("{{{{agent.name}}}}", "unknown placeholder"),
        ] {
            let fault = check(bad).unwrap_err();
            assert!(fault.field == "body" && fault.message.contains(word), "{bad}: {}", fault.message);
        }
    }
}
