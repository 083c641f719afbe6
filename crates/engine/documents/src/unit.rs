//! Units of quantities: what callers send, codes of UN/ECE Recommendation 20 (with 21 for `X…`), words on paper.

use crate::document::Language;

struct Unit {
    name: &'static str,
    code: &'static str,
    english: &'static str,
    german: &'static str,
}

const fn unit(name: &'static str, code: &'static str, english: &'static str, german: &'static str) -> Unit {
    Unit { name, code, english, german }
}

const TABLE: &[Unit] = &[
    unit("piece", "H87", "pcs", "Stk."),
    unit("set", "SET", "set", "Satz"),
    unit("pair", "PR", "pair", "Paar"),
    unit("package", "XPK", "pkg", "Paket"),
    unit("lump_sum", "LS", "lump sum", "pausch."),
    unit("minute", "MIN", "min", "Min."),
    unit("hour", "HUR", "h", "Std."),
    unit("day", "DAY", "days", "Tage"),
    unit("week", "WEE", "weeks", "Wochen"),
    unit("month", "MON", "months", "Monate"),
    unit("year", "ANN", "years", "Jahre"),
    unit("gram", "GRM", "g", "g"),
    unit("kilogram", "KGM", "kg", "kg"),
    unit("tonne", "TNE", "t", "t"),
    unit("millimetre", "MMT", "mm", "mm"),
    unit("metre", "MTR", "m", "m"),
    unit("kilometre", "KMT", "km", "km"),
    unit("square_metre", "MTK", "m²", "m²"),
    unit("litre", "LTR", "l", "l"),
    unit("cubic_metre", "MTQ", "m³", "m³"),
    unit("kilowatt_hour", "KWH", "kWh", "kWh"),
    unit("gigabyte", "E34", "GB", "GB"),
];

/// A unit by its name, its code or its word in any language.
fn find(said: &str) -> Option<&'static Unit> {
    let said = said.trim();
    let is =
        |unit: &&Unit| [unit.name, unit.code, unit.english, unit.german].iter().any(|w| w.eq_ignore_ascii_case(said));
    TABLE.iter().find(is)
}

/// The code of a unit; `C62` (one) where it is not known.
pub fn code(said: &str) -> &'static str {
    find(said).map_or("C62", |unit| unit.code)
}

/// The word for it: what was said, where it is not known.
pub fn word(said: &str, language: Language) -> &str {
    find(said).map_or(said.trim(), |unit| match language {
        Language::English => unit.english,
        Language::German => unit.german,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_distinct() {
        let mut codes: Vec<&str> = TABLE.iter().map(|unit| code(unit.name)).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TABLE.len());
        assert_eq!((code(""), word("", Language::German)), ("C62", ""));
        assert_eq!((code("hour"), word("hour", Language::German)), ("HUR", "Std."));
        assert_eq!((code("KGM"), code("Stk."), word("HUR", Language::English)), ("KGM", "H87", "h"));
        assert_eq!((code("24 bottles"), word("24 bottles", Language::German)), ("C62", "24 bottles"));
    }
}
