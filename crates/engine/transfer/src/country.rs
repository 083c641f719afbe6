//! Names of countries and their codes (ISO 3166-1; short, official and common names, native names of many).

use std::collections::HashMap;
use std::sync::OnceLock;

/// `CODE<tab>name|name|…` for each code.
const TABLE: &str = include_str!("countries.tsv");

fn names() -> &'static HashMap<String, &'static str> {
    static NAMES: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = HashMap::new();
        for (code, list) in TABLE.lines().filter_map(|line| line.split_once('\t')) {
            for name in list.split('|').chain([code]) {
                names.entry(folded(name)).or_insert(code);
            }
        }
        names
    })
}

/// Letters and digits in lower case, `&` as `and`.
fn folded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '&' => out.push_str("and"),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    out
}

/// The alpha-2 code of a country's name or code, in any case and punctuation.
pub fn code(name: &str) -> Option<&'static str> {
    let folded = folded(name);
    let names = names();
    names.get(&folded).or_else(|| names.get(folded.strip_prefix("the")?)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_many_spellings() {
        for (name, wanted) in [
            ("Germany", "DE"),
            ("deutschland", "DE"),
            (" USA ", "US"),
            ("U.S.A.", "US"),
            ("UK", "GB"),
            ("Venezuela", "VE"),
            ("Antigua & Barbuda", "AG"),
            ("antigua and barbuda", "AG"),
            ("Côte d'Ivoire", "CI"),
            ("中国", "CN"),
            ("the Netherlands", "NL"),
            ("de", "DE"),
            ("DEU", "DE"),
            ("Korea", "KR"),
        ] {
            assert_eq!(code(name), Some(wanted), "{name}");
        }
        assert_eq!(code("Philipines"), None);
        assert_eq!(code(""), None);
        assert_eq!(TABLE.lines().count(), 249);
    }
}
