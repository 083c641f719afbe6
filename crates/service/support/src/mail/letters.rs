//! Letters to the asker.

use kontor_model::{Letter, Op, Result, Value};
use kontor_records::{Found, Sight};

/// Lines of what the asker said last that are quoted.
const QUOTED: usize = 30;

/// The letter that carries an answer to the asker; none where nobody is to be written to: the queue does not mail its
/// answers, or the asker has no address.
///
/// # Errors
/// The database's.
pub(crate) async fn answer(sight: &Sight<'_>, ticket: &Found, body: &str) -> Result<Option<Letter>> {
    let queue = sight.referred("queue", ticket.value("queue_id")).await?;
    if queue.as_ref().is_some_and(|queue| queue.value("mails_replies").as_bool() == Some(false)) {
        return Ok(None);
    }
    let Some(letter) = to_asker(sight, ticket, queue.as_ref()).await? else { return Ok(None) };
    let asked = [("ticket_id", Op::Eq, ticket.id.0.into()), ("contact_id", Op::IsNull, Value::Bool(false))];
    let last = sight.sorted("ticket_comment", &asked, &["-created_at"], 1).await?.pop();
    let quoted = last.as_ref().map_or(ticket.text("description"), |comment| comment.text("body"));
    let text = format!("{body}{}", quotation(quoted));
    let nearest = last.as_ref().map(|c| c.text("message_id")).filter(|id| !id.is_empty());
    let mut letter = Letter { purpose: "ticket_reply", text, ..letter };
    thread(sight, ticket, nearest, &mut letter)?;
    Ok(Some(letter))
}

/// A letter about a ticket that says nothing yet.
pub(super) async fn to_asker(sight: &Sight<'_>, ticket: &Found, queue: Option<&Found>) -> Result<Option<Letter>> {
    let Some(contact) = sight.referred("contact", ticket.value("contact_id")).await? else { return Ok(None) };
    let to = contact.text("email");
    if to.is_empty() {
        return Ok(None);
    }
    let subject = clean(ticket.text("subject"));
    let known = |field: &str| queue.map(|queue| clean(queue.text(field))).filter(|text| !text.is_empty());
    Ok(Some(Letter {
        to: to.to_owned(),
        from_name: known("name"),
        reply_to: known("email"),
        subject: format!("Re: {subject} [{}]", ticket.text("number")),
        ..Letter::default()
    }))
}

/// One line: subjects were checked when they were set, but not for what a header may hold.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Puts a letter into the conversation about its ticket (RFC 5322, 3.6.4).
pub(super) fn thread(sight: &Sight<'_>, ticket: &Found, nearest: Option<&str>, letter: &mut Letter) -> Result<()> {
    let root = kontor_mailbox::thread(sight.records(), sight.ctx().space(), "ticket", ticket.id)?;
    let first = Some(ticket.text("message_id")).filter(|id| !id.is_empty());
    let mut references: Vec<String> =
        [Some(root.as_str()), first, nearest].into_iter().flatten().map(|id| format!("<{id}>")).collect();
    references.dedup();
    if let Some(nearest) = nearest.or(first) {
        letter.headers.push(("In-Reply-To".to_owned(), format!("<{nearest}>")));
    }
    letter.headers.push(("References".to_owned(), references.join(" ")));
    Ok(())
}

/// What was said last, quoted and not too much of it.
fn quotation(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = text.lines().take(QUOTED).map(|line| format!("> {line}")).collect();
    let more = if text.lines().count() > QUOTED { "\n> …" } else { "" };
    format!("\n\n{}{more}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_too_much_is_quoted() {
        assert_eq!(quotation(" "), "");
        assert_eq!(quotation("a\nb"), "\n\n> a\n> b\n");
        let long = quotation(&"x\n".repeat(QUOTED + 5));
        assert_eq!(long.lines().count(), QUOTED + 3);
        assert!(long.ends_with("> …\n"));
    }
}
