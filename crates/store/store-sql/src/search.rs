//! Full-text questions in the two databases' own words. They are bound like any value; tokens are still stripped of
//! everything but letters and digits, because both words have a grammar.

use kontor_store::{Search, Term};

use crate::Dialect;

/// The question, or none when it has no token: every row has all of no terms.
pub fn question(search: &Search, dialect: Dialect) -> Option<String> {
    let terms: Vec<String> = search.terms.iter().filter_map(|term| one(term, dialect)).collect();
    let and = match dialect {
        Dialect::Sqlite => " AND ",
        Dialect::Postgres => " & ",
    };
    (!terms.is_empty()).then(|| terms.join(and))
}

fn one(term: &Term, dialect: Dialect) -> Option<String> {
    let tokens: Vec<String> = term
        .tokens
        .iter()
        .map(|token| token.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|token| !token.is_empty())
        .collect();
    if tokens.is_empty() {
        return None;
    }
    Some(match dialect {
        Dialect::Sqlite => format!("\"{}\"{}", tokens.join(" "), if term.prefix { "*" } else { "" }),
        Dialect::Postgres => {
            let phrase = tokens.iter().map(|token| format!("'{token}'")).collect::<Vec<_>>().join(" <-> ");
            let phrase = if term.prefix { phrase + ":*" } else { phrase };
            if tokens.len() > 1 { format!("({phrase})") } else { phrase }
        }
    })
}
