//! The body of a contact as its receiver wants it. The reference takes the fifteen fields as they are; the product is asked what it knows.

use kontor_bench_reference::rows::Contact;
use serde::{Deserialize, Serialize};

/// Where the fields go that are not standard ones of the receiver.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Shape {
    /// Sent inside `custom`.
    pub custom: Vec<String>,
    /// Not sent: the receiver neither knew the field nor let it be added.
    pub dropped: Vec<String>,
}

pub const FIELDS: [&str; 15] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "title",
    "company_name",
    "department",
    "city",
    "country",
    "lifecycle_stage",
    "birthday",
    "do_not_call",
    "do_not_email",
    "tags",
    "external_id",
];

impl Shape {
    /// Appends the JSON object. The generator makes no character that JSON would escape.
    pub fn write(&self, out: &mut Vec<u8>, contact: &Contact) {
        let mut before = b'{';
        for name in FIELDS {
            if !self.custom.iter().chain(&self.dropped).any(|other| other == name) {
                field(out, before, name, contact);
                before = b',';
            }
        }
        if !self.custom.is_empty() {
            out.push(before);
            out.extend_from_slice(b"\"custom\":");
            before = b'{';
            for name in &self.custom {
                field(out, before, name, contact);
                before = b',';
            }
            out.push(b'}');
        }
        out.push(b'}');
    }
}

fn field(out: &mut Vec<u8>, before: u8, name: &str, contact: &Contact) {
    out.push(before);
    quoted(out, name);
    out.push(b':');
    match name {
        "do_not_call" => boolean(out, contact.do_not_call),
        "do_not_email" => boolean(out, contact.do_not_email),
        "tags" => {
            out.push(b'[');
            for (at, tag) in contact.tags.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                quoted(out, tag);
            }
            out.push(b']');
        }
        _ => quoted(out, text(name, contact)),
    }
}

fn text<'a>(name: &str, contact: &'a Contact) -> &'a str {
    match name {
        "first_name" => &contact.first_name,
        "last_name" => &contact.last_name,
        "email" => &contact.email,
        "phone" => &contact.phone,
        "title" => &contact.title,
        "company_name" => &contact.company_name,
        "department" => &contact.department,
        "city" => &contact.city,
        "country" => &contact.country,
        "lifecycle_stage" => &contact.lifecycle_stage,
        "birthday" => &contact.birthday,
        _ => &contact.external_id,
    }
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use kontor_bench_reference::rows::contact;

    #[test]
    fn a_plain_body_is_the_contact_itself() {
        let mut out = Vec::new();
        Shape::default().write(&mut out, &contact(3));
        let sent: Contact = serde_json::from_slice(&out).unwrap();
        assert_eq!(serde_json::to_value(sent).unwrap(), serde_json::to_value(contact(3)).unwrap());
    }

    #[test]
    fn unknown_fields_go_into_custom() {
        let shape = Shape { custom: vec!["department".to_owned()], dropped: vec!["tags".to_owned()] };
        let mut out = Vec::new();
        shape.write(&mut out, &contact(3));
        let sent: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(sent["custom"]["department"], contact(3).department);
        assert!(sent.get("tags").is_none() && sent.get("department").is_none());
    }
}
