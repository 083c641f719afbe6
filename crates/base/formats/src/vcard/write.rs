use super::CATEGORIES;
use super::property::escape;
use crate::error::FormatError;
use crate::row::Cell;
use crate::writer::{Output, RowWriter};
use std::collections::HashMap;
use std::io::{BufWriter, Write};

/// The longest line in octets without its CRLF (RFC 6350, section 3.2).
const FOLD: usize = 75;

/// Writes vCard 4.0.
pub struct VcardWriter {
    out: BufWriter<Output>,
    columns: Vec<String>,
}

impl VcardWriter {
    pub fn new(out: Output) -> Self {
        Self { out: BufWriter::new(out), columns: Vec::new() }
    }

    /// Writes a content line, folded within no character.
    fn line(&mut self, head: &str, value: &str) -> Result<(), FormatError> {
        let line = format!("{head}:{value}");
        let mut width = 0;
        let mut buffer = [0; 4];
        for character in line.chars() {
            if width + character.len_utf8() > FOLD {
                self.out.write_all(b"\r\n ")?;
                width = 1;
            }
            self.out.write_all(character.encode_utf8(&mut buffer).as_bytes())?;
            width += character.len_utf8();
        }
        Ok(self.out.write_all(b"\r\n")?)
    }

    fn card(&mut self, card: &Values) -> Result<(), FormatError> {
        self.line("BEGIN", "VCARD")?;
        self.line("VERSION", "4.0")?;
        if let Some(uid) = card.get("uid") {
            self.line("UID", &escape(uid))?;
        }
        self.line("FN", &escape(&card.full_name()))?;
        let names = ["last_name", "first_name", "additional_names", "prefix", "suffix"];
        self.structured("N", &names.map(|column| card.get(column).unwrap_or_default()))?;
        let simple = [
            ("email", "EMAIL"),
            ("phone", "TEL"),
            ("phone_mobile", "TEL;TYPE=cell"),
            ("phone_home", "TEL;TYPE=home"),
            ("phone_fax", "TEL;TYPE=fax"),
            ("website", "URL"),
        ];
        for (column, head) in simple {
            for value in card.all(column) {
                self.line(head, &escape(value))?;
            }
        }
        let unit = ["company", "department"].map(|column| card.get(column).unwrap_or_default());
        match unit {
            [company, ""] => self.structured("ORG", &[company])?,
            unit => self.structured("ORG", &unit)?,
        }
        for (column, head) in [("title", "TITLE"), ("note", "NOTE")] {
            if let Some(value) = card.get(column) {
                self.line(head, &escape(value))?;
            }
        }
        for number in card.numbers("street", &["city", "region", "postal_code", "country"]) {
            let part = |column| card.part(column, number);
            let parts = ["street", "city", "region", "postal_code", "country"].map(part);
            let [street, city, region, code, country] = parts;
            self.structured("ADR", &["", "", street, city, region, code, country])?;
        }
        if let Some(date) = card.get("birthday") {
            self.line("BDAY", &birthday(date))?;
        }
        if let Some(categories) = card.get(CATEGORIES) {
            let list: Vec<_> = categories.split(';').map(escape).collect();
            self.line("CATEGORIES", &list.join(","))?;
        }
        self.line("END", "VCARD")
    }

    fn structured(&mut self, head: &str, parts: &[&str]) -> Result<(), FormatError> {
        if parts.iter().all(|part| part.is_empty()) {
            return Ok(());
        }
        let parts: Vec<_> = parts.iter().map(|part| escape(part)).collect();
        self.line(head, &parts.join(";"))
    }
}

impl RowWriter for VcardWriter {
    fn begin(&mut self, columns: &[String]) -> Result<(), FormatError> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError> {
        let mut card = Values::default();
        for (column, cell) in self.columns.iter().zip(cells) {
            if cell.is_empty() {
                continue;
            }
            let (base, number) = match column.rsplit_once('_') {
                Some((base, digits)) => match digits.parse() {
                    Ok(number) => (base, number),
                    Err(_) => (column.as_str(), 1),
                },
                None => (column.as_str(), 1),
            };
            card.0.insert((base.to_owned(), number), cell.as_text().into_owned());
        }
        self.card(&card)
    }

    fn finish(mut self: Box<Self>) -> Result<(), FormatError> {
        Ok(self.out.flush()?)
    }
}

/// The texts of a card by column and number, from 1.
#[derive(Default)]
struct Values(HashMap<(String, u32), String>);

impl Values {
    fn get(&self, column: &str) -> Option<&str> {
        self.0.get(&(column.to_owned(), 1)).map(String::as_str)
    }

    fn part(&self, column: &str, number: u32) -> &str {
        let key = (column.to_owned(), number);
        self.0.get(&key).map_or("", String::as_str)
    }

    fn numbers(&self, column: &str, others: &[&str]) -> Vec<u32> {
        let wanted = |name: &str| name == column || others.contains(&name);
        let keys = self.0.keys().filter(|(name, _)| wanted(name));
        let mut numbers: Vec<u32> = keys.map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn all(&self, column: &str) -> Vec<&str> {
        let numbers = self.numbers(column, &[]);
        numbers.into_iter().map(|number| self.part(column, number)).collect()
    }

    /// FN is required (RFC 6350, section 6.2.1).
    fn full_name(&self) -> String {
        if let Some(name) = self.get("full_name") {
            return name.to_owned();
        }
        let parts = ["prefix", "first_name", "additional_names", "last_name", "suffix"];
        let parts: Vec<_> = parts.iter().filter_map(|column| self.get(column)).collect();
        if !parts.is_empty() {
            return parts.join(" ");
        }
        let other = self.get("company").or_else(|| self.get("email"));
        other.unwrap_or_default().to_owned()
    }
}

/// A full date in the basic form of RFC 6350, section 4.3.1.
fn birthday(text: &str) -> String {
    let date = text.split('T').next().unwrap_or_default();
    let digits: String = date.split('-').collect();
    if date.len() == 10 && digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits
    } else {
        escape(text)
    }
}
