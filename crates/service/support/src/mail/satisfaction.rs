//! How satisfied the asker was: asked by mail when a ticket is solved, answered on a page that the link opens.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::show::escape_html;
use kontor_model::{Error, Fault, Json, Letter, Result, Value};
use kontor_records::{Found, Guest, Plan, Shown, Sight, Taken, Visit};

use super::letters::{thread, to_asker};
use crate::ticket::{CLOSED, SOLVED};

const PAGE: &str = "satisfaction";
/// Characters of what the asker says.
const COMMENT: usize = 4_000;

/// The letter that asks; none where the queue does not ask, nobody is to be written to, or there is no address for links.
///
/// # Errors
/// The database's.
pub(crate) async fn request(sight: &Sight<'_>, ticket: &Found) -> Result<Option<Letter>> {
    let queue = sight.referred("queue", ticket.value("queue_id")).await?;
    let Some(queue) = queue.filter(|queue| queue.flag("asks_satisfaction")) else { return Ok(None) };
    let Ok(link) = sight.link(PAGE, ticket.id, "") else { return Ok(None) };
    let Some(letter) = to_asker(sight, ticket, Some(&queue)).await? else { return Ok(None) };
    let number = ticket.text("number");
    let text = format!(
        "Your request {number} has been solved.\n\nHow satisfied are you with the help that you got?\n{link}\n"
    );
    let headers = vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())];
    let mut letter = Letter { purpose: "satisfaction", text, headers, ..letter };
    thread(sight, ticket, None, &mut letter)?;
    Ok(Some(letter))
}

/// The page behind the link.
pub(crate) struct Page;

impl Guest for Page {
    fn page(&self) -> &'static str {
        PAGE
    }

    fn object(&self) -> &'static str {
        "ticket"
    }

    fn show<'a>(&'a self, _: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Shown>> {
        async move {
            rated(&visit.record)?;
            Ok(shown(&visit.record, visit.record.int("csat"), false))
        }
        .boxed()
    }

    fn take<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Taken>> {
        async move {
            let ticket = &visit.record;
            rated(ticket)?;
            let rating = rating(&visit.input)?;
            let comment = match visit.input.get("comment") {
                Some(Json::String(text)) => text.trim().replace("\r\n", "\n"),
                _ => String::new(),
            };
            if comment.chars().count() > COMMENT {
                return Err(Fault::new("comment", "too_long", format!("has at most {COMMENT} characters")).into());
            }
            let mut fields = vec![("csat", Value::Int(rating))];
            if !comment.is_empty() {
                fields.push(("csat_comment", Value::Text(comment)));
            }
            let plan = Plan::one(sight.update(ticket, &fields)?.told("rate", "rated"));
            Ok(Taken { plan, shown: shown(ticket, Some(rating), true) })
        }
        .boxed()
    }
}

/// 404001 unless the ticket is one that is rated: solved, or closed and not merged.
fn rated(ticket: &Found) -> Result<()> {
    let over = matches!(ticket.text("status"), SOLVED | CLOSED) && ticket.reference("merged_into_id").is_none();
    if over { Ok(()) } else { Err(Error::not_found()) }
}

fn rating(input: &Json) -> Result<i64> {
    let given = match input.get("rating") {
        Some(Json::String(text)) => text.trim().parse().ok(),
        Some(other) => other.to_string().parse().ok(),
        None => return Err(Fault::new("rating", "required", "is required: 1 to 5, 5 is best").into()),
    };
    let rating: Option<i64> = given.filter(|n| (1..=5).contains(n));
    rating.ok_or_else(|| Fault::new("rating", "range", "must be a whole number from 1 to 5; 5 is best").into())
}

fn shown(ticket: &Found, rating: Option<i64>, thanks: bool) -> Shown {
    let (number, subject) = (ticket.text("number"), ticket.text("subject"));
    let data = serde_json::json!({"number": number, "subject": subject, "rating": rating}).to_string().into_bytes();
    let (number, subject) = (escape_html(number), escape_html(subject));
    let body = if thanks {
        "<p>Thank you.</p>".to_owned()
    } else {
        let one = |n: i64| {
            let checked = if rating == Some(n) { " checked" } else { "" };
            format!("<label><input type=\"radio\" name=\"rating\" value=\"{n}\" required{checked}> {n}</label> ")
        };
        let all: String = (1..=5).map(one).collect();
        format!(
            "<form method=\"post\"><fieldset><legend>How satisfied are you with the help that you got? 5 is best.</legend>\
             {all}</fieldset><p><label for=\"comment\">What would you like to add?</label><br>\
             <textarea id=\"comment\" name=\"comment\" rows=\"5\" maxlength=\"{COMMENT}\"></textarea></p>\
             <button type=\"submit\">Send</button></form>"
        )
    };
    Shown {
        data,
        html: format!("<h1>{subject}</h1><p>{number}</p>{body}"),
        title: "Your request".to_owned(),
        language: "en".to_owned(),
        ..Shown::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_one_to_five() {
        let of = |text: &str| rating(&Json::parse_str(text).unwrap());
        assert_eq!(of(r#"{"rating": "5"}"#).unwrap(), 5);
        assert_eq!(of(r#"{"rating": 1}"#).unwrap(), 1);
        for bad in [r#"{"rating": "0"}"#, r#"{"rating": 6}"#, r#"{"rating": "many"}"#, r#"{"rating": 4.5}"#, "{}"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
