//! What the language leaves out, found before anything is compiled: statements that build up values, repetition of
//! texts, and expressions so long that reading them takes the stack.

use crate::wrong::{Kind, Wrong};

/// The statements that there are.
const TAGS: &[&str] = &["if", "elif", "else", "endif", "for", "endfor"];
/// The longest expression, in characters.
const LONGEST: usize = 1_000;
/// The most statements and expressions of a template.
const MOST: usize = 2_000;
/// How deep statements nest, and how many branches an `if` has.
const DEEPEST: usize = 20;

/// The filters that a template names, with their lines.
pub fn filters(source: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(at) = rest.find('{') {
        line += lines(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let inside = rest.get(1..).unwrap_or_default();
        let (expression, after) = match rest.chars().next() {
            Some('{') => inside_of(inside, "}}").unwrap_or_default(),
            Some('%') => inside_of(inside, "%}").unwrap_or_default(),
            Some('#') => inside.split_once("#}").unwrap_or_default(),
            _ => continue,
        };
        if !rest.starts_with('#') {
            let names = outside(expression);
            let named = names.split('|').skip(1).map(|after| {
                after.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
            });
            out.extend(named.map(|name| (line, name)));
        }
        line += lines(expression);
        rest = after;
    }
    out
}

/// Looks through a template.
///
/// # Errors
/// What it may not have.
pub fn template(source: &str) -> Result<(), Wrong> {
    let mut rest = source;
    let (mut line, mut count, mut open, mut branches) = (1, 0, 0_usize, 0_usize);
    while let Some(at) = rest.find('{') {
        line += lines(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some(kind) = rest.chars().next().filter(|c| "{%#".contains(*c)) else { continue };
        let inside = rest.get(1..).unwrap_or_default();
        if kind == '#' {
            let end = inside.find("#}").map_or(inside.len(), |end| end + 2);
            line += lines(inside.get(..end).unwrap_or_default());
            rest = inside.get(end..).unwrap_or_default();
            continue;
        }
        let closing = if kind == '{' { "}}" } else { "%}" };
        let (expression, after) = inside_of(inside, closing)
            .ok_or_else(|| Wrong::new(Kind::Form, Some(line), format!("has a {{{kind} without {closing}")))?;
        count += 1;
        if count > MOST {
            return Err(Wrong::new(Kind::Work, Some(line), format!("has more than {MOST} places and statements")));
        }
        let bare = expression.trim_start_matches(['-', '+']).trim();
        let checked = if kind == '%' { statement(bare) } else { self::expression(bare) };
        checked.map_err(|wrong| Wrong { line: Some(line), ..wrong })?;
        match bare.split_whitespace().next().unwrap_or_default().trim_end_matches('-') {
            "if" | "for" if kind == '%' => open += 1,
            "endif" | "endfor" if kind == '%' => open = open.saturating_sub(1),
            "elif" if kind == '%' => branches += 1,
            _ => {}
        }
        if open > DEEPEST || branches > DEEPEST * 5 {
            let message = format!("nests deeper than {DEEPEST}, or has more than {} elif", DEEPEST * 5);
            return Err(Wrong::new(Kind::Work, Some(line), message));
        }
        line += lines(expression);
        rest = after;
    }
    Ok(())
}

fn lines(text: &str) -> usize {
    text.bytes().filter(|b| *b == b'\n').count()
}

/// What stands before `closing`, quoted texts left aside, and what after it.
fn inside_of<'s>(text: &'s str, closing: &str) -> Option<(&'s str, &'s str)> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text.get(at..).is_some_and(|rest| rest.starts_with(closing)) => {
                return Some((text.get(..at)?, text.get(at + closing.len()..)?));
            }
            None => {}
        }
    }
    None
}

fn statement(text: &str) -> Result<(), Wrong> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if !TAGS.contains(&word.as_str()) {
        let hint = kontor_model::name::hint(&word, TAGS.iter().copied());
        let message = format!("has the statement \"{word}\"; there are if, elif, else and for{hint}");
        return Err(Wrong::new(Kind::Form, None, message));
    }
    if word == "for" && outside(text).split(|c: char| !c.is_alphanumeric()).any(|word| word == "recursive") {
        return Err(Wrong::new(Kind::Form, None, "has a recursive for; there is none here"));
    }
    expression(text)
}

/// Looks through an expression.
///
/// # Errors
/// What it may not have.
pub fn expression(text: &str) -> Result<(), Wrong> {
    if text.chars().count() > LONGEST {
        return Err(Wrong::new(Kind::Work, None, format!("has an expression of more than {LONGEST} characters")));
    }
    if outside(text).contains('*') {
        return Err(Wrong::new(Kind::Form, None, "has the operator *; there is none here"));
    }
    Ok(())
}

/// The text without what is quoted in it.
fn outside(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut escaped = false;
    for c in text.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_needs_is_let_in() {
        for good in [
            "",
            "{ } {x} }}",
            "Dear {{ a.b | default(\"*}}\") }}",
            "{%- if a -%}x{% elif b %}y{% else %}z{% endif %}",
            "{# {% set x = 1 %} #}{% for a in b %}{{ loop.index }}{% endfor %}",
        ] {
            assert_eq!(template(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_builds_up_is_not() {
        for (bad, line) in [
            ("{% set a = 1 %}", 1),
            ("\n{% macro a() %}{% endmacro %}", 2),
            ("a\n\n{% with a = 1 %}", 3),
            ("{% raw %}", 1),
            ("{% include 'x' %}", 1),
            ("{#\n#}{{ 'a' * 1000 }}", 2),
            ("{{ 2 ** 8 }}", 1),
            ("{% for a in b recursive %}", 1),
            ("{{ a", 1),
            ("{{ \"}}", 1),
        ] {
            assert_eq!(template(bad).unwrap_err().line, Some(line), "{bad}");
        }
        let long = format!("{{{{ a{} }}}}", ".a".repeat(600));
        assert_eq!(template(&long).unwrap_err().kind, Kind::Work);
        let deep = "{% if a %}".repeat(21);
        assert_eq!(template(&deep).unwrap_err().kind, Kind::Work);
    }
}
