//! A template and values become a text.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, escape_formatter};
use serde_json::Value as J;

use crate::wrong::{Kind, Wrong};
use crate::{filters, names, scan};

/// What becomes of signs that mean something in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Plain text: nothing.
    None,
    /// HTML: values are escaped.
    Html,
}

/// What a template may take. Sizes are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub source: usize,
    /// Of all values together.
    pub input: usize,
    pub output: usize,
    /// Instructions.
    pub steps: u64,
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            source: 64 * 1024,
            input: 256 * 1024,
            output: 256 * 1024,
            steps: 50_000,
            time: Duration::from_millis(500),
        }
    }
}

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Whether the time of what is being rendered is up.
fn is_late() -> bool {
    DEADLINE.get().is_some_and(|deadline| Instant::now() > deadline)
}

/// Does something that is over when its time is.
pub(crate) fn timed<T>(limits: &Limits, work: impl FnOnce() -> T) -> T {
    let before = DEADLINE.replace(Instant::now().checked_add(limits.time));
    let out = work();
    DEADLINE.set(before);
    out
}

/// An environment that knows our filters and nothing else.
pub(crate) fn environment(limits: &Limits) -> Environment<'static> {
    let mut environment = Environment::empty();
    filters::add(&mut environment);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(limits.steps));
    environment.set_recursion_limit(50);
    environment.set_auto_escape_callback(|name| if name == "html" { AutoEscape::Html } else { AutoEscape::None });
    environment.set_formatter(|out, state, value| {
        if is_late() {
            return Err(minijinja::Error::new(minijinja::ErrorKind::WriteFailure, "late"));
        }
        // What is not filled in is nothing; `true` and `false` are for conditions.
        if value.is_none() { Ok(()) } else { escape_formatter(out, state, value) }
    });
    environment
}

/// Values as the language has them.
///
/// # Errors
/// They are too much.
pub(crate) fn input(values: &J, limits: &Limits) -> Result<Value, Wrong> {
    if size(values) > limits.input {
        return Err(Wrong::new(Kind::Work, None, format!("is given more than {} bytes of values", limits.input)));
    }
    Ok(value(values))
}

fn value(json: &J) -> Value {
    match json {
        J::Null => Value::from(()),
        J::Bool(flag) => Value::from(*flag),
        J::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(broken)) => Value::from(broken),
            (None, None) => Value::from(number.to_string()),
        },
        J::String(text) => Value::from(text.as_str()),
        J::Array(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        J::Object(members) => Value::from_pairs(members.iter().map(|(name, member)| (name.as_str(), value(member)))),
    }
}

fn size(value: &J) -> usize {
    match value {
        J::String(text) => text.len() + 8,
        J::Array(items) => items.iter().map(size).sum::<usize>() + 8,
        J::Object(members) => members.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>() + 8,
        _ => 8,
    }
}

struct Capped {
    out: Vec<u8>,
    limit: usize,
}

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.len() + bytes.len() > self.limit || is_late() {
            return Err(io::Error::other("too much"));
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn name(escape: Escape) -> &'static str {
    match escape {
        Escape::None => "text",
        Escape::Html => "html",
    }
}

fn line_of(source: &str, part: &str) -> Option<usize> {
    source.lines().position(|line| line.contains(part)).map(|at| at + 1)
}

fn scanned(source: &str, limits: &Limits) -> Result<(), Wrong> {
    if source.len() > limits.source {
        return Err(Wrong::new(Kind::Work, None, format!("is longer than {} bytes", limits.source)));
    }
    scan::template(source)
}

/// Reads a template; `known` has a value for every name that there will be.
///
/// # Errors
/// What is wrong with it.
pub fn check(source: &str, known: &J, limits: &Limits) -> Result<(), Wrong> {
    scanned(source, limits)?;
    let environment = environment(limits);
    let template = environment.template_from_named_str("text", source)?;
    names::check(template.undeclared_variables(true), known, |part| line_of(source, part))?;
    uses(source)
}

/// Filters that there are not show when they are used; a template says so when it is written.
fn uses(source: &str) -> Result<(), Wrong> {
    for (line, filter) in scan::filters(source) {
        if !filters::FILTERS.contains(&filter.as_str()) {
            let hint = kontor_model::name::hint(&filter, filters::FILTERS.iter().copied());
            return Err(Wrong::new(
                Kind::Form,
                Some(line),
                format!("names the filter \"{filter}\", which is not{hint}"),
            ));
        }
    }
    Ok(())
}

/// Renders a template.
///
/// # Errors
/// What is wrong with it or with the values.
pub fn render(source: &str, values: &J, escape: Escape, limits: &Limits) -> Result<String, Wrong> {
    scanned(source, limits)?;
    let environment = environment(limits);
    let template = environment.template_from_named_str(name(escape), source)?;
    names::check(template.undeclared_variables(true), values, |part| line_of(source, part))?;
    let values = input(values, limits)?;
    let mut out = Capped { out: Vec::with_capacity(source.len()), limit: limits.output };
    timed(limits, || template.render_captured_to(values, &mut out).map(drop))?;
    String::from_utf8(out.out).map_err(|_| Wrong::new(Kind::Value, None, "makes no text"))
}

#[cfg(test)]
mod tests;
