//! Values in the place of values.

mod json;
mod rule;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{HashMap, HashSet};

use kontor_catalog::{Catalog, ObjectDef};
use kontor_model::{Error, Field, Id, Result, Value};
use serde_json::Value as J;

use rule::Rule;
use words::Draw;

/// The `external_id` of the user that a space belongs to.
const OWNER: &str = "owner";
/// Days that a date moves at most.
const DAYS: u32 = 90;
/// Area codes of North America; the numbers 555-0100 to 555-0199 of each are nobody's (ATIS-0300115).
const AREAS: &[u16] = &[
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 225, 228, 229, 231, 234, 239,
    240, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312,
    313, 314, 315, 316, 317, 318, 319, 320, 321, 330, 334, 336, 337, 339,
];
/// Chinese mobile numbers that begin so were never given out.
const CN_MOBILE: &str = "154";
const LONGEST: usize = 40;

/// Masks the records of one copy.
pub struct Masker {
    key: [u8; 32],
    /// Of the settings of the space.
    chinese: bool,
    known: HashSet<String>,
    rules: HashMap<String, Vec<Rule>>,
}

/// A text that only the key and the original decide.
struct Text<'a> {
    masker: &'a Masker,
    text: &'a str,
    salt: u32,
}

impl Text<'_> {
    fn draw(&self, class: &str) -> Result<Draw> {
        Draw::new(&self.masker.key, class, self.text, self.salt).ok_or_else(|| Error::internal("HMAC took no key"))
    }

    fn plain(&self) -> Result<String> {
        let mut draw = self.draw("text")?;
        Ok(format!("{} {}", draw.name(3), draw.name(3)))
    }

    fn full_name(&self) -> Result<String> {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let part = |class: &str, text: &str| Text { text, ..*self }.part(class);
        match words.as_slice() {
            [first, .., last] => Ok(format!("{} {}", part("first", first)?, part("last", last)?)),
            _ => part("last", self.text),
        }
    }

    fn part(&self, class: &str) -> Result<String> {
        Ok(self.draw(class)?.name(if class == "first" { 2 } else { 3 }))
    }

    fn long(&self) -> Result<String> {
        let mut draw = self.draw("long")?;
        let words = (self.text.chars().count() / 6).clamp(1, LONGEST);
        let words: Vec<String> = (0..words).map(|i| if i == 0 { draw.name(2) } else { draw.word(2) }).collect();
        Ok(format!("{}.", words.join(" ")))
    }

    fn email(&self) -> Result<String> {
        let mut draw = self.draw("email")?;
        Ok(format!("{}.{}_test@masked.invalid", draw.word(3), draw.code()))
    }

    /// E.164, and as it is shown.
    fn phone(&self) -> Result<(String, String)> {
        let mut draw = self.draw("phone")?;
        let area = AREAS.get(draw.number(u32::try_from(AREAS.len()).unwrap_or(1)) as usize).copied().unwrap_or(202);
        let line = format!("01{:02}", draw.number(100));
        Ok((format!("+1{area}555{line}"), format!("+1 {area}-555-{line}")))
    }

    /// As the workspace's rule wants it, and E.164.
    fn mobile(&self) -> Result<(String, String)> {
        if self.masker.chinese {
            let number = format!("{CN_MOBILE}{}", self.draw("mobile")?.digits(8));
            return Ok((number.clone(), format!("+86{number}")));
        }
        let (number, shown) = self.phone()?;
        Ok((shown, number))
    }

    fn domain(&self) -> Result<String> {
        let mut draw = self.draw("domain")?;
        Ok(format!("{}-{}.example", draw.word(3), draw.code()))
    }

    fn url(&self) -> Result<String> {
        Ok(format!("https://{}/", self.domain()?))
    }

    fn any(&self) -> Result<String> {
        if self.text.contains('@') { self.email() } else { self.plain() }
    }
}

fn bounds(field: &Field) -> (usize, usize) {
    let schema = field.spec().schema();
    let bound = |name: &str| schema.get(name).and_then(J::as_u64).and_then(|n| usize::try_from(n).ok());
    (bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(usize::MAX))
}

/// As long as the field wants it; what has to be unique is told apart by `code`, which goes first into little room.
fn fitted(field: &Field, text: String, code: &str) -> String {
    let (min, max) = bounds(field);
    let mut text = match (field.unique, text.chars().count() + 1 + code.chars().count() <= max) {
        (false, _) => text,
        (true, true) => format!("{text} {code}"),
        (true, false) => code.to_owned(),
    };
    while text.chars().count() < min {
        text.push('x');
    }
    text.chars().take(max).collect::<String>().trim_end().to_owned()
}

impl Masker {
    /// `catalog` is the whole one of the space that is copied; `mobile_region` is of its settings.
    pub fn new(key: [u8; 32], catalog: &Catalog, mobile_region: &str) -> Self {
        let rules = catalog.objects().map(|def| (def.name.clone(), rule::rules(def))).collect();
        Self { key, chinese: mobile_region == "CN", known: json::known(catalog), rules }
    }

    /// Masks a record's values, by field. Another `salt` gives other values, for those that chance made equal.
    ///
    /// # Errors
    /// None that happens.
    pub fn record(&self, def: &ObjectDef, values: &mut [Value], salt: u32) -> Result<()> {
        let Some(rules) = self.rules.get(&def.name) else {
            return Err(Error::internal(format!("{} is not of this catalog", def.name)));
        };
        for (index, (field, rule)) in def.fields.iter().zip(rules).enumerate() {
            let Some(value) = values.get(index).filter(|value| !value.is_null()) else { continue };
            // Only what has to differ is drawn again.
            let salt = if field.unique { salt } else { 0 };
            let Some((masked, second)) = self.value(def, field, *rule, value, salt)? else { continue };
            if let Some(place) = values.get_mut(index) {
                *place = masked;
            }
            let second_at = field
                .companion()
                .and_then(|name| def.fields.iter().position(|f| f.name == name && f.custom == field.custom));
            if let Some(place) = second_at.and_then(|at| values.get_mut(at)) {
                *place = second;
            }
        }
        kontor_records::derive(def, values)
    }

    /// Empties what has to be unique and could not be made so; says whether anything was.
    pub fn without_unique(&self, def: &ObjectDef, values: &mut [Value]) -> bool {
        let rules = self.rules.get(&def.name).map(Vec::as_slice).unwrap_or_default();
        let mut emptied = false;
        for ((field, rule), value) in def.fields.iter().zip(rules).zip(values) {
            if field.unique && !field.required && *rule != Rule::Keep && !value.is_null() {
                (*value, emptied) = (Value::Null, true);
            }
        }
        emptied
    }

    /// The value in its place and its second one; none where it stays.
    fn value(
        &self,
        def: &ObjectDef,
        field: &Field,
        rule: Rule,
        value: &Value,
        salt: u32,
    ) -> Result<Option<(Value, Value)>> {
        let given = value.as_str().unwrap_or_default();
        if given.is_empty() && !matches!(value, Value::Int(_)) {
            return Ok(None);
        }
        let text = Text { masker: self, text: given, salt };
        let fit = |new: String| -> Result<Value> { Ok(Value::Text(fitted(field, new, &text.draw("code")?.code()))) };
        let masked = match rule {
            Rule::Keep | Rule::Follows => return Ok(None),
            Rule::Code if def.name == "user" && field.name == "external_id" && given == OWNER => return Ok(None),
            Rule::Code => {
                let (_, max) = bounds(field);
                Value::Text(text.draw("code")?.code().chars().take(max).collect())
            }
            Rule::FirstName => fit(text.part("first")?)?,
            Rule::LastName => fit(text.part("last")?)?,
            Rule::FullName => fit(text.full_name()?)?,
            Rule::Text => fit(text.plain()?)?,
            Rule::Place => fit(text.draw("place")?.name(3))?,
            Rule::PostalCode => fit(text.draw("postal")?.digits(5))?,
            Rule::Street => {
                let mut draw = text.draw("street")?;
                fit(format!("{} {} Street", 1 + draw.number(199), draw.name(3)))?
            }
            Rule::LongText => Value::Text(text.long()?),
            Rule::Domain => Value::Text(text.domain()?.chars().take(bounds(field).1).collect()),
            Rule::Email => Value::Text(text.email()?),
            Rule::Url => Value::Text(text.url()?),
            Rule::Phone => {
                let (number, shown) = text.phone()?;
                return Ok(Some((Value::Text(number), Value::Text(shown))));
            }
            Rule::Mobile => {
                let (number, e164) = text.mobile()?;
                return Ok(Some((Value::Text(number), Value::Text(e164))));
            }
            Rule::Date => {
                let Some(day) = value.as_i64() else { return Ok(None) };
                let moved = Text { text: &day.to_string(), ..text }.draw("date")?.number(2 * DAYS);
                Value::Int(day + i64::from(moved) - i64::from(DAYS))
            }
            Rule::Tags => {
                let tags: Vec<String> = serde_json::from_str(given).unwrap_or_default();
                let masked: Result<Vec<String>> = tags
                    .iter()
                    .map(|tag| Ok(format!("tag-{}", Text { text: tag, ..text }.draw("tag")?.word(3))))
                    .collect();
                Value::Json(J::from(masked?).to_string())
            }
            Rule::Json => {
                let document: J = serde_json::from_str(given).unwrap_or_default();
                let mask = |given: &str| Text { text: given, ..text }.any().unwrap_or_default();
                Value::Json(json::walk(&document, &self.known, &mask, 0).to_string())
            }
            Rule::Empty if field.required => Value::Json("{}".to_owned()),
            Rule::Empty => Value::Null,
        };
        Ok(Some((masked, Value::Null)))
    }

    /// What a copy is told apart by, for messages.
    pub(crate) fn unlucky(def: &ObjectDef, id: Id) -> String {
        format!("no unique value was found for {} {id}; make its unique fields longer, or not required", def.name)
    }
}
