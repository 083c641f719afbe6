//! What the properties of one card mean as columns.

use super::CATEGORIES;
use super::property::{Property, split, unescape};
use crate::row::Cell;
use std::collections::HashMap;

/// The properties that become columns, BEGIN, END and VERSION aside.
pub const KNOWN: [&str; 12] =
    ["UID", "FN", "N", "EMAIL", "TEL", "ORG", "TITLE", "ADR", "BDAY", "URL", "NOTE", "CATEGORIES"];

/// The columns and cells of a card's properties, in their order of
/// preference.
pub fn cells(properties: &mut [Property<'_>]) -> Vec<(String, Cell)> {
    properties.sort_by_key(Property::preference);
    let mut columns = Columns::default();
    for property in properties.iter() {
        let value = property.value;
        match property.name.as_str() {
            "UID" => columns.once("uid", unescape(value)),
            "FN" => columns.once("full_name", unescape(value)),
            "TITLE" => columns.once("title", unescape(value)),
            "URL" => columns.add("website", unescape(value)),
            "EMAIL" => columns.add("email", strip_scheme(unescape(value), "mailto:")),
            "TEL" => columns.add(phone(property), strip_scheme(unescape(value), "tel:")),
            "NOTE" => columns.append("note", "\n", unescape(value)),
            "CATEGORIES" => {
                for category in split(value, ',') {
                    columns.append(CATEGORIES, ";", unescape(category));
                }
            }
            "N" => {
                let names = ["last_name", "first_name", "additional_names", "prefix", "suffix"];
                for (column, part) in names.into_iter().zip(split(value, ';')) {
                    columns.once(column, join(part));
                }
            }
            "ORG" => {
                for (column, part) in ["company", "department"].into_iter().zip(split(value, ';')) {
                    columns.once(column, unescape(part));
                }
            }
            "ADR" => columns.address(value),
            "BDAY" => columns.birthday(value),
            _ => {}
        }
    }
    columns.cells
}

fn join(list: &str) -> String {
    let parts: Vec<_> = split(list, ',').into_iter().map(unescape).collect();
    parts.join(", ")
}

fn strip_scheme(text: String, scheme: &str) -> String {
    match text.get(..scheme.len()) {
        Some(head) if head.eq_ignore_ascii_case(scheme) => text.split_at(scheme.len()).1.to_owned(),
        _ => text,
    }
}

fn phone(property: &Property<'_>) -> &'static str {
    let kinds = [("cell", "phone_mobile"), ("fax", "phone_fax"), ("home", "phone_home")];
    let kind = kinds.into_iter().find(|(kind, _)| property.has_type(kind));
    kind.map_or("phone", |(_, column)| column)
}

#[derive(Default)]
struct Columns {
    cells: Vec<(String, Cell)>,
    counts: HashMap<&'static str, usize>,
}

impl Columns {
    fn push(&mut self, column: String, text: String) {
        if !text.is_empty() {
            self.cells.push((column, Cell::Text(text)));
        }
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.cells.iter().position(|(name, _)| name == column)
    }

    fn once(&mut self, column: &str, text: String) {
        if self.position(column).is_none() {
            self.push(column.to_owned(), text);
        }
    }

    fn append(&mut self, column: &str, separator: &str, text: String) {
        match self.position(column).and_then(|index| self.cells.get_mut(index)) {
            Some((_, Cell::Text(before))) => {
                before.push_str(separator);
                before.push_str(&text);
            }
            _ => self.push(column.to_owned(), text),
        }
    }

    fn number(&mut self, column: &'static str) -> usize {
        let count = self.counts.entry(column).or_insert(0);
        *count += 1;
        *count
    }

    fn add(&mut self, column: &'static str, text: String) {
        if !text.is_empty() {
            let number = self.number(column);
            self.push(numbered(column, number), text);
        }
    }

    /// PO box, extension, street, city, region, code, country
    /// (RFC 6350, section 6.3.1).
    fn address(&mut self, value: &str) {
        let parts: Vec<_> = split(value, ';').into_iter().map(join).collect();
        if parts.iter().all(String::is_empty) {
            return;
        }
        let number = self.number("street");
        let part = |index: usize| parts.get(index).cloned().unwrap_or_default();
        let street: Vec<_> = [part(2), part(1), part(0)].into_iter().filter(|text| !text.is_empty()).collect();
        self.push(numbered("street", number), street.join("\n"));
        for (index, column) in (3..).zip(["city", "region", "postal_code", "country"]) {
            self.push(numbered(column, number), part(index));
        }
    }

    /// Full dates in basic or extended form, with or without a time, become
    /// `Date`; others, such as dates without a year, stay text.
    fn birthday(&mut self, value: &str) {
        if self.position("birthday").is_some() {
            return;
        }
        let date = value.split(['T', 't']).next().unwrap_or_default();
        let digits: String = match date.len() {
            10 => date.split('-').collect(),
            _ => date.to_owned(),
        };
        let plain = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
        match (digits.get(..4), digits.get(4..6), digits.get(6..)) {
            (Some(year), Some(month), Some(day)) if plain => {
                let date = Cell::Date(format!("{year}-{month}-{day}"));
                self.cells.push(("birthday".to_owned(), date));
            }
            _ => self.push("birthday".to_owned(), unescape(value)),
        }
    }
}

fn numbered(column: &str, number: usize) -> String {
    match number {
        1 => column.to_owned(),
        number => format!("{column}_{number}"),
    }
}
