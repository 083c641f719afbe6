//! Whom marketing speaks to: a contact, or a lead that is none yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Found, Sight};
use sha2::{Digest, Sha256};

/// A person, as a contact or a lead.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub record: Found,
}

/// What stays of an address when the address itself must go: 43 letters, the same for the same address in any case.
pub(crate) fn digest(address: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(address.trim().to_lowercase().as_bytes()))
}

impl Person {
    /// Whom a record with `contact_id` and `lead_id` means; a lead that was converted is its contact.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(sight: &Sight<'_>, holder: &Found) -> Result<Option<Self>> {
        if let Some(record) = sight.referred("contact", holder.value("contact_id")).await? {
            return Ok(Some(Self { record }));
        }
        let Some(lead) = sight.referred("lead", holder.value("lead_id")).await? else { return Ok(None) };
        let contact = sight.referred("contact", lead.value("contact_id")).await?;
        Ok(Some(Self { record: contact.unwrap_or(lead) }))
    }

    /// As [`Person::of`], for many.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_all(sight: &Sight<'_>, holders: &[Found]) -> Result<Vec<Option<Self>>> {
        // What is found is kept by the sight: one question for all, and none for each.
        for (object, reference) in [("contact", "contact_id"), ("lead", "lead_id")] {
            let ids: Vec<i64> = holders.iter().filter_map(|holder| holder.int(reference)).collect();
            if !ids.is_empty() {
                sight.find(object, &[("id", Op::In, Value::Ints(ids))], u64::from(u32::MAX)).await?;
            }
        }
        let mut out = Vec::with_capacity(holders.len());
        for holder in holders {
            out.push(Self::of(sight, holder).await?);
        }
        Ok(out)
    }

    pub fn id(&self) -> Id {
        self.record.id
    }

    pub fn is_contact(&self) -> bool {
        self.record.object() == "contact"
    }

    /// `contact_id` or `lead_id`
    pub fn reference(&self) -> &'static str {
        if self.is_contact() { "contact_id" } else { "lead_id" }
    }

    /// Empty when there is none.
    pub fn address(&self) -> &str {
        self.record.text("email")
    }

    pub fn digest(&self) -> String {
        digest(self.address())
    }

    /// What links for this person say: who it is, and the address that they were sent to.
    pub fn mark(&self) -> String {
        let kind = if self.is_contact() { 'c' } else { 'l' };
        format!("{kind}{}.{}", self.id(), self.digest())
    }
}

/// What a link's mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub object: &'static str,
    pub id: Id,
    pub digest: String,
}

impl Mark {
    pub fn read(text: &str) -> Option<Self> {
        let (person, digest) = text.split_once('.')?;
        let (object, id) = match person.split_at_checked(1)? {
            ("c", id) => ("contact", id),
            ("l", id) => ("lead", id),
            _ => return None,
        };
        (digest.len() == 43).then_some(Self { object, id: id.parse().ok()?, digest: digest.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_digest() {
        assert_eq!(digest("A@b.example"), digest(" a@B.example "));
        assert_ne!(digest("a@b.example"), digest("b@b.example"));
        assert_eq!(digest("a@b.example").len(), 43);
    }

    #[test]
    fn marks_fit_into_links() {
        let text = format!("c104512398120374272.{}", digest("a@b.example"));
        assert!(text.len() <= 64);
        let mark = Mark::read(&text).unwrap();
        assert_eq!((mark.object, mark.id.0), ("contact", 104_512_398_120_374_272));
        for bad in ["", "c", "c1", "x1.a", "c1.a", &text[1..]] {
            assert_eq!(Mark::read(bad), None, "{bad}");
        }
    }
}
