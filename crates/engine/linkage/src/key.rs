//! Keys: only records that share one are compared. Each is a text of its own kind; the same for values that mean the
//! same.

use crate::normal::{code, company, fold, host, mailbox};

/// Characters of a company's name that count, and of a street.
const NAME_PREFIX: usize = 8;
const STREET_PREFIX: usize = 5;

/// `e:`, the mailbox.
pub fn email(address: &str) -> Option<String> {
    let (local, domain) = mailbox(address);
    (!local.is_empty() && !domain.is_empty()).then(|| format!("e:{local}@{domain}"))
}

/// `p:`, the number.
pub fn phone(number: &str) -> Option<String> {
    let digits = code(number);
    (digits.len() >= 5).then(|| format!("p:{digits}"))
}

/// `d:`, the host.
pub fn domain(text: &str) -> Option<String> {
    let host = host(text);
    host.contains('.').then(|| format!("d:{host}"))
}

/// `t:`, a tax number.
pub fn tax(number: &str) -> Option<String> {
    let plain = code(number);
    (plain.len() >= 4).then(|| format!("t:{plain}"))
}

/// `n:`, how the last name sounds and the first letter of the first name.
pub fn person(first: &str, last: &str) -> Option<String> {
    let (first, last) = (fold(first), fold(last));
    let initial = first.chars().next().map(String::from).unwrap_or_default();
    (!last.is_empty()).then(|| format!("n:{}|{initial}", sound(&last)))
}

/// `c:`, the beginning of a company's name without its legal form.
pub fn firm(name: &str) -> Option<String> {
    let start: String = company(name).chars().filter(|c| *c != ' ').take(NAME_PREFIX).collect();
    (!start.is_empty()).then(|| format!("c:{start}"))
}

/// `a:`, postal code and the beginning of the street.
pub fn place(postal_code: &str, street: &str) -> Option<String> {
    let start: String = fold(street).chars().filter(|c| *c != ' ').take(STREET_PREFIX).collect();
    let postal_code = code(postal_code);
    (!postal_code.is_empty() && !start.is_empty()).then(|| format!("a:{postal_code}|{start}"))
}

/// American Soundex of a folded name (NARA, "The Soundex Indexing System"); of other scripts the first two characters.
fn sound(name: &str) -> String {
    if !name.is_ascii() {
        return name.chars().take(2).collect();
    }
    let mut out = String::with_capacity(4);
    let mut last = None;
    for c in name.chars().filter(|c| *c != ' ') {
        let digit = match c {
            'b' | 'f' | 'p' | 'v' => Some('1'),
            'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => Some('2'),
            'd' | 't' => Some('3'),
            'l' => Some('4'),
            'm' | 'n' => Some('5'),
            'r' => Some('6'),
            // They stand between two consonants as if they were not there.
            'h' | 'w' => continue,
            '0'..='9' => Some(c),
            _ => None,
        };
        if out.is_empty() {
            out.push(c);
        } else if let Some(digit) = digit.filter(|_| digit != last) {
            out.push(digit);
        }
        last = digit;
        if out.len() == 4 {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_sound_alike_share_a_key() {
        assert_eq!(person("Ann", "Meyer"), person("Anna", "Meier"));
        assert_eq!(person("Ann", "Schröder"), person("A.", "Schroder"));
        assert_ne!(person("Ann", "Roe"), person("Bob", "Roe"));
        assert_eq!((sound("robert"), sound("rupert")), ("r163".to_owned(), "r163".to_owned()));
        assert_eq!((sound("ashcraft"), sound("tymczak")), ("a261".to_owned(), "t522".to_owned()));
        assert_eq!(person("小明", "张"), Some("n:张|小".to_owned()));
        assert_eq!(person("Ann", "…"), None);
    }

    #[test]
    fn what_says_too_little_is_no_key() {
        assert_eq!(
            (phone("110"), domain("localhost"), tax("1"), firm("…"), place("10115", "")),
            (None, None, None, None, None)
        );
        assert_eq!(email("nobody"), None);
    }

    #[test]
    fn other_spellings_share_a_key() {
        assert_eq!(email("Ann.Roe@googlemail.com"), email("annroe+x@gmail.com"));
        assert_eq!(firm("Acme Trading GmbH"), firm("ACME-Trading Ltd."));
        assert_eq!(place("10115", "Chausseestr. 12"), place("10 115", "Chausseestraße 14"));
        assert_eq!(domain("https://www.acme.example/x"), domain("acme.example"));
    }

    proptest! {
        #[test]
        fn keys_are_made_of_anything(a in "\\PC{0,30}", b in "\\PC{0,30}") {
            let _ = (email(&a), phone(&a), domain(&a), tax(&a), person(&a, &b), firm(&a), place(&a, &b));
        }
    }
}
