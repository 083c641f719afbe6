//! Who gets a copy: addresses that a caller names, checked, and asked whether they want mail at all.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kontor_model::{Error, Fault, Json, Op, Result, Value};
use kontor_outbox::is_address;
use kontor_records::{Sight, refusal};
use sha2::{Digest, Sha256};

use crate::Mail;

/// Addresses that one mail is copied to.
pub const MOST: usize = 20;

/// The addresses of a member `cc`, in lower case, each once.
///
/// # Errors
/// 400001 for what is no list of addresses, and for too many.
pub fn read(sent: Option<&Json>) -> Result<Vec<String>> {
    let Some(sent) = sent else { return Ok(Vec::new()) };
    let fault = |code, message: String| Error::from(Fault::new("cc", code, message).value(sent.excerpt()));
    let list = sent.as_array().ok_or_else(|| fault("type", "must be an array of addresses".to_owned()))?;
    if list.len() > MOST {
        return Err(fault("too_many", format!("has {} addresses; at most {MOST} get a copy", list.len())));
    }
    let mut out: Vec<String> = Vec::with_capacity(list.len());
    for one in list {
        let address = one.as_str().map(|text| text.trim().to_lowercase()).filter(|text| is_address(text));
        let address = address.ok_or_else(|| fault("format", format!("{} is no e-mail address", one.excerpt())))?;
        if !out.contains(&address) {
            out.push(address);
        }
    }
    Ok(out)
}

/// Refuses copies to who asked for no mail: what is on the list of suppressed addresses, and contacts with
/// `do_not_email`. A copy is none that they asked for by writing themselves.
///
/// # Errors
/// 422000 `copy_unwanted`, naming the address; the database's.
pub async fn wanted(sight: &Sight<'_>, cc: &[String]) -> Result<()> {
    if cc.is_empty() {
        return Ok(());
    }
    let digest = |address: &String| URL_SAFE_NO_PAD.encode(Sha256::digest(address.as_bytes()));
    let digests: Vec<String> = cc.iter().map(digest).collect();
    let count = cc.len() as u64;
    let found = sight.find("suppression", &[("address_digest", Op::In, Value::Texts(digests.clone()))], count).await?;
    let suppressed: Vec<&str> = found.iter().map(|one| one.text("address_digest")).collect();
    let refuses = [("email", Op::In, Value::Texts(cc.to_vec())), ("do_not_email", Op::Eq, Value::Bool(true))];
    let contacts = sight.find("contact", &refuses, count).await?;
    let unwanted = cc.iter().zip(&digests).find(|(address, digest)| {
        suppressed.contains(&digest.as_str()) || contacts.iter().any(|contact| contact.text("email") == **address)
    });
    match unwanted {
        None => Ok(()),
        Some((address, _)) => {
            let detail = format!("{address} is not to be written to: unsubscribed, bounced, or do_not_email is set");
            Err(refusal("copy_unwanted", detail))
        }
    }
}

/// The addresses that a mail was copied to, as a record keeps them; null where there are none.
pub fn kept(mail: &Mail) -> Value {
    let list: Vec<&str> = mail.cc.iter().take(MOST).map(|person| person.address.as_str()).collect();
    value(&list)
}

/// A list of addresses as a record keeps it; null where it is empty.
pub fn value<T: serde::Serialize>(list: &[T]) -> Value {
    if list.is_empty() { Value::Null } else { Value::Json(serde_json::json!(list).to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<String>> {
        read(Some(&Json::parse_str(text).unwrap()))
    }

    #[test]
    fn addresses_are_checked_and_bounded() {
        assert_eq!(read(None).unwrap(), Vec::<String>::new());
        assert_eq!(
            of(r#"[" Ada@B.example", "ada@b.example", "c@d.example"]"#).unwrap(),
            ["ada@b.example", "c@d.example"]
        );
        let many = serde_json::json!(vec!["a@b.example"; MOST + 1]).to_string();
        for (bad, code) in [
            (r#""a@b.example""#, "type"),
            (r#"["a@b.example, c@d.example"]"#, "format"),
            (r#"["a@b.example\r\nBcc: c@d.example"]"#, "format"),
            (r#"["nobody"]"#, "format"),
            ("[7]", "format"),
            (many.as_str(), "too_many"),
        ] {
            assert_eq!(of(bad).unwrap_err().faults()[0].code, code, "{bad}");
        }
    }
}
