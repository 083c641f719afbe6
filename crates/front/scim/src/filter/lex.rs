//! Words, strings, numbers and brackets.

use serde_json::Value as J;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Open,
    Close,
    OpenElement,
    CloseElement,
    /// An attribute, an operator or `true`, `false`, `null`.
    Word(String),
    Value(J),
    /// `.sub` right behind a closing bracket.
    Sub(String),
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | ':' | '.' | '/')
}

/// The tokens.
///
/// # Errors
/// What cannot be read.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    if text.len() > super::LONGEST {
        return Err(format!("it has more than {} characters", super::LONGEST));
    }
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let single = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '[' => Some(Token::OpenElement),
            ']' => Some(Token::CloseElement),
            _ => None,
        };
        if let Some(token) = single {
            out.push(token);
            rest = rest.get(1..).unwrap_or_default();
        } else if first.is_whitespace() {
            rest = rest.trim_start();
        } else if first == '"' {
            let end = string_end(rest).ok_or("a string does not end")?;
            let (string, after) = rest.split_at_checked(end).ok_or("a string does not end")?;
            out.push(Token::Value(serde_json::from_str(string).map_err(|_| format!("{string} is no JSON string"))?));
            rest = after;
        } else {
            let end = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if word.is_empty() {
                return Err(format!("\"{first}\" has no place here"));
            }
            out.push(match (word.strip_prefix('.'), out.last()) {
                (Some(sub), Some(Token::CloseElement)) => Token::Sub(sub.to_owned()),
                _ => value(word),
            });
            rest = after;
        }
    }
    Ok(out)
}

fn value(word: &str) -> Token {
    match word {
        "true" | "false" | "null" => Token::Value(serde_json::from_str(word).unwrap_or_default()),
        _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => match serde_json::from_str(word) {
            Ok(number) => Token::Value(number),
            Err(_) => Token::Word(word.to_owned()),
        },
        _ => Token::Word(word.to_owned()),
    }
}

/// Behind the closing quote.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
