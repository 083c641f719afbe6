//! Legal entities: what is printed on every document is right, and one of them is the default.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::logo;
use kontor_model::{Error, Fault, Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

/// The most legal entities that are looked at when another becomes the default.
const MANY: u64 = 1_000;

/// See the module.
pub(super) struct Entities;

impl Hook for Entities {
    fn objects(&self) -> &'static [&'static str] {
        &["legal_entity"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for entity in touched.iter().filter(|entity| !entity.is_gone() && !entity.is_by_service()) {
                let faults = faults(entity);
                if !faults.is_empty() {
                    out.push(Verdict::Refuse { step: entity.step, error: Error::from_faults(faults) });
                }
            }
            let chosen = touched.iter().rfind(|entity| {
                let (before, after) = entity.field("is_default");
                !entity.is_by_service() && after.as_bool() == Some(true) && before.as_bool() != Some(true)
            });
            if let Some(chosen) = chosen {
                for other in sight.find("legal_entity", &[("is_default", Op::Eq, Value::Bool(true))], MANY).await? {
                    if other.id != chosen.id {
                        let then = sight.update(&other, &[("is_default", Value::Bool(false))])?;
                        out.push(Verdict::Follow { step: chosen.step, then });
                    }
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// A field, why its text does not fit, and the word for it.
type Check = (&'static str, fn(&str) -> Option<String>);

const CHECKS: &[Check] =
    &[("vat_id", vat_id), ("iban", iban), ("bic", bic), ("electronic_address", electronic), ("logo", picture)];

fn faults(entity: &Touched<'_>) -> Vec<Fault> {
    let wrong = CHECKS.iter().filter(|(field, _)| entity.changes(field)).filter_map(|(field, check)| {
        let text = entity.field(field).1.as_str().filter(|text| !text.is_empty())?;
        Some(Fault::new(*field, "format", check(text)?).value(text.chars().take(60).collect::<String>()))
    });
    wrong.collect()
}

fn picture(text: &str) -> Option<String> {
    logo::check(text).err()
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Two letters of a country and its number (Regulation (EU) 904/2010).
fn vat_id(text: &str) -> Option<String> {
    let text = plain(text);
    let fits = text.len() >= 4
        && text.is_ascii()
        && text.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && text.bytes().skip(2).all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'+' || b == b'*');
    (!fits).then(|| "must begin with the two letters of its country, such as DE123456789".to_owned())
}

/// The check digits of ISO 13616: as a number in base 10, turned around by four, it leaves 1 by 97.
fn iban(text: &str) -> Option<String> {
    let text = plain(text);
    let shape = (15..=34).contains(&text.len())
        && text.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let turned = text.chars().skip(4).chain(text.chars().take(4));
    let rest = turned.filter_map(|c| c.to_digit(36)).fold(0_u32, |rest, digit| match digit {
        0..=9 => (rest * 10 + digit) % 97,
        _ => (rest * 100 + digit) % 97,
    });
    (!(shape && rest == 1)).then(|| "is no IBAN; its check digits do not fit".to_owned())
}

/// ISO 9362: four letters, a country, a place, and a branch where there is one.
fn bic(text: &str) -> Option<String> {
    let fits = matches!(text.len(), 8 | 11)
        && text.bytes().take(6).all(|b| b.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (!fits).then(|| "must have 8 or 11 letters and digits, such as HAFEDE2HXXX".to_owned())
}

fn electronic(text: &str) -> Option<String> {
    (!kontor_documents::ubl::is_electronic_address(text))
        .then(|| "must be scheme:id by the list EAS, such as 0088:4012345000009 or EM:invoices@example.com".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_check_digits() {
        for right in [
            "DE75512108001245126199",
            "GB33BUKB20201555555555",
            "NO93 8601 1117 947",
            "MT31MALT01100000000000000000123",
        ] {
            assert_eq!(iban(right), None, "{right}");
        }
        for wrong in [
            "DE75512108001245126198",
            "DE",
            "de75512108001245126199",
            "75512108001245126199DE",
            "ÄÖ75512108001245126199",
        ] {
            assert!(iban(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn numbers_have_their_forms() {
        assert!(["DE123456789", "ATU12345678", "IE1234567WA", "XI123456789"].iter().all(|id| vat_id(id).is_none()));
        assert!(["123456789", "de123456789", "D", "DE12-34"].iter().all(|id| vat_id(id).is_some()));
        assert!(["HAFEDE2HXXX", "DEUTDEFF"].iter().all(|code| bic(code).is_none()));
        assert!(["HAFEDE2", "hafede2hxxx", "1AFEDE2H"].iter().all(|code| bic(code).is_some()));
        assert!(electronic("0088:4012345000009").is_none() && electronic("4012345000009").is_some());
    }
}
