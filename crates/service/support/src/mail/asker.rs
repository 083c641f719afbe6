//! Whose mail it is: a contact, by the address that it says. That gives it a name and no rights.

use kontor_mailbox::Mail;
use kontor_model::{Json, Op, Result, Step, Value};
use kontor_records::{Found, Sight};

/// The name of the step that makes a contact.
const STEP: &str = "asker";

pub(super) enum Asker {
    Known(Box<Found>),
    New(Box<Step>),
}

impl Asker {
    /// The contact with the sender's address, the oldest of several, or a new one.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(sight: &Sight<'_>, mail: &Mail) -> Result<Self> {
        let theirs = [("email", Op::Eq, Value::text(mail.sender()))];
        if let Some(contact) = sight.find("contact", &theirs, 1).await?.pop() {
            return Ok(Asker::Known(Box::new(contact)));
        }
        let name: String = mail.sender_name().chars().take(100).collect();
        let (first, last) = name.rsplit_once(' ').map_or((None, name.as_str()), |(first, last)| (Some(first), last));
        let mut fields = vec![("last_name", Value::text(last)), ("email", Value::text(mail.sender()))];
        fields.extend(first.map(|first| ("first_name", Value::text(first))));
        Ok(Asker::New(Box::new(sight.create("contact", &fields)?.named(STEP))))
    }

    /// A text of a later step of the same plan, which refers to no other step whatever it begins with.
    pub fn literal(&self, text: &str) -> Value {
        let escapes = matches!(self, Asker::New(_)) && text.starts_with('$');
        Value::Text(if escapes { format!("${text}") } else { text.to_owned() })
    }

    /// As a field of a later step of the same plan.
    pub fn reference(&self) -> Json {
        match self {
            Asker::Known(contact) => Json::String(contact.id.to_string()),
            Asker::New(_) => Json::String(format!("${STEP}.id")),
        }
    }
}
