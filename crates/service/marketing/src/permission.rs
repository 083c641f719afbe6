//! Whether a person may be written to: asked before every send, never remembered.

use std::collections::{HashMap, HashSet};

use kontor_model::{Op, Result, Value};
use kontor_records::{Found, Sight};

use crate::person::Person;
use crate::suppression;

/// What agrees to mail of marketing.
const PURPOSES: [&str; 2] = ["marketing", "newsletter"];
/// The most consents of the people of one go that are looked at.
const MOST: u64 = 10_000;

/// What is known about some people.
pub(crate) struct Permissions {
    suppressed: HashMap<String, String>,
    /// By person: whether one is in force, whether one was withdrawn.
    consents: HashMap<i64, (bool, bool)>,
}

impl Permissions {
    /// # Errors
    /// The database's.
    pub async fn load(sight: &Sight<'_>, people: &[&Person]) -> Result<Self> {
        let digests: HashSet<String> =
            people.iter().filter(|person| !person.address().is_empty()).map(|person| person.digest()).collect();
        let found = suppression::of(sight, digests.into_iter().collect()).await?;
        let suppressed =
            found.iter().map(|one| (one.text("address_digest").to_owned(), one.text("reason").to_owned())).collect();
        let mut consents: HashMap<i64, (bool, bool)> = HashMap::new();
        for reference in ["contact_id", "lead_id"] {
            let ids: Vec<i64> =
                people.iter().filter(|person| person.reference() == reference).map(|person| person.id().0).collect();
            if ids.is_empty() {
                continue;
            }
            for consent in sight.find("consent", &[(reference, Op::In, Value::Ints(ids))], MOST).await? {
                let Some(person) = consent.int(reference).filter(|_| is_about_mail(&consent)) else { continue };
                let known = consents.entry(person).or_default();
                match consent.int("withdrawn_at") {
                    Some(_) => known.1 = true,
                    None => known.0 |= consent.int("given_at").is_none_or(|at| at <= sight.now()),
                }
            }
        }
        Ok(Self { suppressed, consents })
    }

    /// What stands in the way of a mail to this person; `asked` is whether a consent is needed. One that was withdrawn,
    /// and not given anew, always stands in the way.
    pub fn barrier(&self, person: &Person, asked: bool) -> Option<&'static str> {
        if person.address().is_empty() {
            return Some("no_address");
        }
        if person.is_contact() && person.record.flag("do_not_email") {
            return Some("do_not_email");
        }
        if let Some(reason) = self.suppressed.get(&person.digest()) {
            return Some(if reason == "bounced" { "bounced" } else { "unsubscribed" });
        }
        match self.consents.get(&person.id().0) {
            Some((true, _)) => None,
            Some((false, true)) => Some("consent_withdrawn"),
            _ if asked => Some("no_consent"),
            _ => None,
        }
    }
}

/// Whether a consent is about mail of marketing.
pub(crate) fn is_about_mail(consent: &Found) -> bool {
    PURPOSES.contains(&consent.text("purpose")) && matches!(consent.text("channel"), "" | "email")
}
