//! The grammar of RFC 7644, figure 1, by descent.

use super::lex::{Token, tokens};
use super::{Attribute, DEEPEST, Filter, MOST, Op};

/// What a PATCH is about: `active`, `name.familyName`, `emails[type eq "work"].value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub attribute: Attribute,
    pub filter: Option<Filter>,
}

/// A filter.
///
/// # Errors
/// What is wrong with it.
pub fn filter(text: &str) -> Result<Filter, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, tests: 0 };
    let filter = parser.or(0)?;
    parser.end()?;
    Ok(filter)
}

/// The path of a PATCH.
///
/// # Errors
/// What is wrong with it.
pub fn path(text: &str) -> Result<Path, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, tests: 0 };
    let mut attribute = parser.attribute()?;
    let mut filter = None;
    if parser.take(&Token::OpenElement) {
        filter = Some(parser.or(1)?);
        parser.need(&Token::CloseElement, "]")?;
        if let Some(Token::Sub(sub)) = parser.peek() {
            attribute.sub = Some(sub.clone());
            parser.at += 1;
        }
    }
    parser.end()?;
    Ok(Path { attribute, filter })
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    tests: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, token: &Token, shown: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("a {shown} is missing")) }
    }

    fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(token) => Err(format!("there is more behind its end: {token:?}")),
        }
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self, depth: usize) -> Result<Filter, String> {
        let mut any = vec![self.and(depth)?];
        while self.word("or") {
            any.push(self.and(depth)?);
        }
        Ok(single(any, Filter::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Filter, String> {
        let mut all = vec![self.one(depth)?];
        while self.word("and") {
            all.push(self.one(depth)?);
        }
        Ok(single(all, Filter::And))
    }

    fn one(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > DEEPEST {
            return Err(format!("it is more than {DEEPEST} levels deep"));
        }
        if self.take(&Token::Open) {
            let inner = self.or(depth + 1)?;
            self.need(&Token::Close, ")")?;
            return Ok(inner);
        }
        let mark = self.at;
        if self.word("not") {
            if self.take(&Token::Open) {
                let inner = self.or(depth + 1)?;
                self.need(&Token::Close, ")")?;
                return Ok(Filter::Not(Box::new(inner)));
            }
            self.at = mark;
        }
        self.test(depth)
    }

    fn test(&mut self, depth: usize) -> Result<Filter, String> {
        self.tests += 1;
        if self.tests > MOST {
            return Err(format!("it has more than {MOST} comparisons"));
        }
        let attribute = self.attribute()?;
        if self.take(&Token::OpenElement) {
            let inner = self.or(depth + 1)?;
            self.need(&Token::CloseElement, "]")?;
            return Ok(Filter::Element(attribute, Box::new(inner)));
        }
        let Some(Token::Word(word)) = self.peek().cloned() else {
            return Err(format!("an operator is missing behind {}", attribute.name));
        };
        self.at += 1;
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(attribute));
        }
        let op = Op::of(&word)
            .ok_or_else(|| format!("\"{word}\" is no operator: eq, ne, co, sw, ew, pr, gt, ge, lt, le"))?;
        let Some(Token::Value(value)) = self.peek().cloned() else {
            return Err(format!("a value is missing behind {word}; strings are in double quotes"));
        };
        self.at += 1;
        if !value.is_string() && matches!(op, Op::Co | Op::Sw | Op::Ew) {
            return Err(format!("{word} takes a string"));
        }
        if (value.is_boolean() || value.is_null()) && !matches!(op, Op::Eq | Op::Ne) {
            return Err(format!("{word} does not take {value}"));
        }
        Ok(Filter::Test(attribute, op, value))
    }

    fn attribute(&mut self) -> Result<Attribute, String> {
        let Some(Token::Word(word)) = self.peek().cloned() else { return Err("an attribute is missing".to_owned()) };
        self.at += 1;
        attribute(&word).ok_or_else(|| format!("\"{word}\" is no attribute"))
    }
}

fn single(mut all: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match all.pop() {
        Some(one) if all.is_empty() => one,
        last => {
            all.extend(last);
            many(all)
        }
    }
}

/// `urn:…:User:name.familyName` (RFC 7644, 3.10). A schema's own name has dots too: what is behind its last colon
/// counts.
pub fn attribute(text: &str) -> Option<Attribute> {
    let is_urn = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    let (schema, rest) = match text.rsplit_once(':') {
        Some((schema, rest)) if is_urn => (Some(schema.to_owned()), rest),
        Some(_) => return None,
        None => (None, text),
    };
    let (name, sub) = match rest.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (rest, None),
    };
    let fits = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'))
    };
    (fits(name) && sub.is_none_or(fits)).then(|| Attribute {
        schema,
        name: name.to_owned(),
        sub: sub.map(str::to_owned),
    })
}
