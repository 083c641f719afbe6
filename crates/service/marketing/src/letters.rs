//! A template and a person become a letter.

use kontor_model::{Id, Letter, Result, Value};
use kontor_records::{Found, Sight, refusal};
use kontor_templates::{Escape, Limits, render};

use crate::person::Person;
use crate::values::{self, Saying};

/// The variable that every mail of marketing needs.
pub(crate) const UNSUBSCRIBE: &str = "unsubscribe_url";

/// A template, read once for many letters.
pub(crate) struct Text {
    subject: String,
    text: String,
    html: String,
    name: String,
}

/// What one person gets.
pub(crate) struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
}

/// From whom letters come, and what they are about.
pub(crate) struct Sender {
    /// The page that a letter's link leads to, and the record that the link is about.
    pub page: &'static str,
    pub about: Id,
    pub campaign: Option<Found>,
    pub user: Option<Found>,
    pub from_name: Option<String>,
    pub reply_to: Option<String>,
    pub purpose: &'static str,
}

impl Text {
    pub fn of(template: &Found) -> Self {
        let part = |name: &str| template.text(name).to_owned();
        Self { subject: part("subject"), text: part("body_text"), html: part("body_html"), name: part("name") }
    }

    /// A text that is not saved.
    pub fn unsaved(subject: &str, text: &str, html: &str) -> Self {
        Self { subject: subject.to_owned(), text: text.to_owned(), html: html.to_owned(), name: "preview".to_owned() }
    }

    /// Why it cannot be sent by mail.
    ///
    /// # Errors
    /// 422000 naming what it lacks.
    pub fn is_mail(&self) -> Result<()> {
        let lacks = |what: &str| Err(refusal("template_incomplete", format!("the template \"{}\" {what}", self.name)));
        if self.subject.is_empty() {
            return lacks("has no subject");
        }
        if self.text.is_empty() && self.html.is_empty() {
            return lacks("has neither body_text nor body_html");
        }
        for (field, body) in [("body_text", &self.text), ("body_html", &self.html)] {
            if !body.is_empty() && !body.contains(UNSUBSCRIBE) {
                return lacks(&format!(
                    "has no {{{{ {UNSUBSCRIBE} }}}} in its {field}; who gets it must be able to leave"
                ));
            }
        }
        Ok(())
    }

    /// Whether a company's values are needed.
    pub fn names_company(&self) -> bool {
        [&self.subject, &self.text, &self.html].iter().any(|part| part.contains("company"))
    }

    /// Fills the template for a person.
    ///
    /// # Errors
    /// 422000 naming the line.
    pub fn render(&self, sight: &Sight<'_>, saying: &Saying<'_>) -> Result<Rendered> {
        let values = values::of(sight, saying)?;
        let limits = Limits::default();
        let part = |field: &str, source: &str, escape: Escape| {
            let what = format!("{field} of the template \"{}\"", self.name);
            render(source, &values, escape, &limits).map_err(|wrong| wrong.refused(&what))
        };
        let subject = part("subject", &self.subject, Escape::None)?;
        // A subject is one line: values of records may have more (RFC 5322, 2.2).
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let html = if self.html.is_empty() { None } else { Some(part("body_html", &self.html, Escape::Html)?) };
        let text = match (&html, self.text.is_empty()) {
            (Some(html), true) => plain(html),
            _ => part("body_text", &self.text, Escape::None)?,
        };
        Ok(Rendered { subject, text, html })
    }
}

impl Sender {
    /// A letter to a person, with its way out of the list.
    ///
    /// # Errors
    /// 422000 naming the line of the template; where links have no address to lead to; the database's.
    pub async fn letter(&self, sight: &Sight<'_>, text: &Text, person: &Person) -> Result<Letter> {
        let url = sight.link(self.page, self.about, &person.mark())?;
        let company = match text.names_company() {
            true => sight.referred("company", person.record.value("company_id")).await?,
            false => None,
        };
        let saying = Saying {
            person,
            company: company.as_ref(),
            campaign: self.campaign.as_ref(),
            sender: self.user.as_ref(),
            unsubscribe_url: Some(url.clone()),
        };
        let Rendered { subject, text, html } = text.render(sight, &saying)?;
        Ok(Letter {
            purpose: self.purpose,
            to: person.address().to_owned(),
            from_name: self.from_name.clone(),
            reply_to: self.reply_to.clone(),
            subject,
            text,
            html,
            // RFC 8058, 3.1: both, the first with an https address.
            headers: vec![
                ("List-Unsubscribe".to_owned(), format!("<{url}>")),
                ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
            ],
            bulk: true,
            ..Letter::default()
        })
    }
}

/// The user who owns a record.
///
/// # Errors
/// The database's.
pub(crate) async fn owner(sight: &Sight<'_>, record: &Found) -> Result<Option<Found>> {
    sight.referred("user", record.value("owner_id")).await
}

/// A field's text, when there is one.
pub(crate) fn filled(record: &Found, name: &str) -> Option<String> {
    Some(record.text(name)).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// HTML as plain text, for programs that show none: the target of a link stands behind its words.
pub(crate) fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    let mut target: Option<String> = None;
    let mut hidden: Option<&str> = None;
    while let Some(at) = rest.find('<') {
        if hidden.is_none() {
            out.push_str(rest.get(..at).unwrap_or_default());
        }
        let tag = rest.get(at + 1..).unwrap_or_default();
        let (inside, after) = tag.split_once('>').unwrap_or((tag, ""));
        rest = after;
        let lower = inside.to_ascii_lowercase();
        let name: String = lower.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        match (hidden, name.as_str()) {
            (Some(what), name) if name.strip_prefix('/') == Some(what) => hidden = None,
            (Some(_), _) => {}
            (None, "style") => hidden = Some("style"),
            (None, "script") => hidden = Some("script"),
            (None, "head") => hidden = Some("head"),
            (None, "a") => target = attribute(inside, "href"),
            (None, "/a") => {
                if let Some(target) = target.take() {
                    out.push_str(&format!(" ({target})"));
                }
            }
            (None, "br" | "br/" | "/p" | "/div" | "/tr" | "/h1" | "/h2" | "/h3" | "/li" | "/table") => out.push('\n'),
            (None, "li") => out.push_str("- "),
            _ => {}
        }
    }
    if hidden.is_none() {
        out.push_str(rest);
    }
    let text = out.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    let text = text.replace("&#39;", "'").replace("&#x27;", "'").replace("&#x2f;", "/").replace("&amp;", "&");
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut folded: Vec<String> = Vec::new();
    for line in lines {
        if !(line.is_empty() && folded.last().is_none_or(String::is_empty)) {
            folded.push(line);
        }
    }
    folded.join("\n").trim_end().to_owned()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find(&format!("{name}="))? + name.len() + 1;
    let value = tag.get(at..)?;
    let quote = value.chars().next().filter(|c| "\"'".contains(*c));
    let value = match quote {
        Some(quote) => value.get(1..)?.split(quote).next()?,
        None => value.split_whitespace().next()?,
    };
    Some(value.to_owned())
}

/// Values of a change that empty a field.
pub(crate) const NOTHING: Value = Value::Null;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_read_as_text() {
        let html = "<head><title>x</title></head><style>p{}</style><h1>Hi &amp; bye</h1><p>See <a href=\"https://a.example/?b=1\">this</a></p>\n\n\n<ul><li>one</li><li>two</li></ul>";
        assert_eq!(plain(html), "Hi & bye\nSee this (https://a.example/?b=1)\n\n- one\n- two");
        assert_eq!(plain("a < b"), "a");
        assert_eq!(plain(""), "");
    }
}
