//! What may be a password (NIST SP 800-63B-4, 3.1.1; ASVS 6.2): long, and not among the first that anyone would try.
//! No rules of composition, no expiry.

use kontor_model::{Fault, Result};
use zxcvbn::Score;

/// Characters.
const LEAST: usize = 12;
const MOST: usize = 128;
/// What the estimator looks at; its time grows with the square of the length.
const LOOKED_AT: usize = 64;

/// Checks a new password; `own` are the person's name, address and the like. Takes milliseconds: not for an async thread.
///
/// # Errors
/// 400001 naming `field` and the rule.
pub fn check(field: &str, password: &str, own: &[String]) -> Result<()> {
    let refuse = |code: &'static str, what: String| Err(Fault::new(field, code, what).into());
    let length = password.chars().count();
    if length < LEAST {
        return refuse("too_short", format!("must have at least {LEAST} characters"));
    }
    if length > MOST {
        return refuse("too_long", format!("must have at most {MOST} characters"));
    }
    let folded = password.to_lowercase();
    let parts = own.iter().flat_map(|text| text.split(['@', ' ', '.']).chain([text.as_str()]));
    let mut words: Vec<String> = parts.map(str::to_lowercase).filter(|word| word.chars().count() >= 3).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    // Nothing that is left may still be the secret when one's own name or address is taken away.
    let rest = words.iter().fold(folded.clone(), |rest, word| rest.replace(word.as_str(), ""));
    if rest.chars().count() * 2 < length {
        return refuse("too_personal", "must not be your name or e-mail address".to_owned());
    }
    let looked_at: String = folded.chars().take(LOOKED_AT).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["kontor"]).collect();
    if zxcvbn::zxcvbn(&looked_at, &words).score() < Score::Three {
        return refuse(
            "too_common",
            "is among the first that would be tried; use several words, or a password manager".to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_password_and_what_is_not() {
        let own = ["Ada Lovelace".to_owned(), "ada.lovelace@example.com".to_owned()];
        let code = |password: &str| check("password", password, &own).err().map(|e| e.faults()[0].code);
        for good in [
            "correct horse battery staple",
            "tr0mpete-Regen-Ziegel",
            "мой дядя самых честных правил",
            "x7#Kp!2qLmZ9",
            &"änderung ".repeat(3),
        ] {
            assert_eq!(code(good), None, "{good}");
        }
        assert_eq!(code("short"), Some("too_short"));
        assert_eq!(code(&"ä".repeat(11)), Some("too_short"));
        assert_eq!(code(&"Long enough, and longer ".repeat(6)), Some("too_long"));
        for bad in ["passwordpassword", "123456789012", "qwertyuiop123", "aaaaaaaaaaaaaa", "Password123456"] {
            assert_eq!(code(bad), Some("too_common"), "{bad}");
        }
        for bad in ["ada.lovelace@example.com", "ADA.LOVELACE@example.com1", "adalovelace!Ada Lovelace"] {
            assert!(matches!(code(bad), Some("too_personal" | "too_common")), "{bad}");
        }
    }
}
