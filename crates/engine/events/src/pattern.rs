//! Which events: types with an asterisk at the end, subjects as they are.

use kontor_model::{Error, ErrorCode, Kind, Op, Result, Value};
use kontor_store::{Cond, Expr, Members, Source, Which, system};

/// Words of one list.
const MOST: usize = 100;
const LONGEST: usize = 255;

/// Types of events: `kontor.deal.won`, `kontor.deal.*`, `*`. Of none every event is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types {
    whole: Vec<String>,
    beginnings: Vec<String>,
}

fn bad(detail: String) -> Error {
    Error::new(ErrorCode::BadQuery, detail)
}

impl Types {
    /// `kontor.deal.*,kontor.contact.created`
    ///
    /// # Errors
    /// 400003 for what can be no type.
    pub fn parse(text: &str) -> Result<Self> {
        Self::of(text.split(',').map(str::trim))
    }

    /// # Errors
    /// As [`Types::parse`].
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut types = Self::default();
        for (n, word) in words.into_iter().enumerate() {
            if n >= MOST {
                return Err(bad(format!("at most {MOST} types")));
            }
            let (stem, open) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
            let sound = stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._".contains(&b));
            if !sound || word.is_empty() || word.len() > LONGEST {
                return Err(bad(format!(
                    "\"{}\" is no type of events; write kontor.deal.won, kontor.deal.* or *",
                    word.chars().take(60).collect::<String>()
                )));
            }
            if open { &mut types.beginnings } else { &mut types.whole }.push(stem.to_owned());
        }
        Ok(types)
    }

    /// Whether an event of this type is one of them.
    pub fn has(&self, kind: &str) -> bool {
        self.is_all()
            || self.whole.iter().any(|word| word == kind)
            || self.beginnings.iter().any(|stem| kind.starts_with(stem.as_str()))
    }

    fn is_all(&self) -> bool {
        self.whole.is_empty() && self.beginnings.iter().all(String::is_empty)
            || self.beginnings.iter().any(String::is_empty)
    }

    pub(crate) fn cond(&self) -> Option<Cond> {
        if self.is_all() {
            return None;
        }
        let test = |op: Op, right: Value| Cond::Test { left: Expr::column("type", Kind::Text), op, right };
        let mut any: Vec<Cond> =
            self.beginnings.iter().map(|stem| test(Op::StartsWith, stem.as_str().into())).collect();
        if !self.whole.is_empty() {
            any.push(test(Op::In, Value::Texts(self.whole.clone())));
        }
        Some(Cond::Or(any))
    }
}

/// Subjects of events: `deals/104512398120374272`. Of none every event is about one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subjects(Vec<(String, i64)>);

impl Subjects {
    /// `deals/1045…,contacts/1046…`
    ///
    /// # Errors
    /// 400003 for what can be no subject.
    pub fn parse(text: &str) -> Result<Self> {
        let mut subjects = Vec::new();
        for word in text.split(',').map(str::trim) {
            let id = word.split_once('/').filter(|(plural, _)| !plural.is_empty()).and_then(|(_, id)| id.parse().ok());
            let Some(id) = id.filter(|_| word.len() <= LONGEST && subjects.len() < MOST) else {
                return Err(bad(format!(
                    "subject takes up to {MOST} records as deals/104512398120374272, not \"{}\"",
                    word.chars().take(60).collect::<String>()
                )));
            };
            subjects.push((word.to_owned(), id));
        }
        Ok(Self(subjects))
    }

    /// Events share their ids with entries of the audit, which are found by record.
    pub(crate) fn cond(&self, space: kontor_model::SpaceId) -> Option<Cond> {
        if self.0.is_empty() {
            return None;
        }
        let texts = self.0.iter().map(|(text, _)| text.clone()).collect();
        let ids = self.0.iter().map(|(_, id)| *id).collect();
        let rows = Members {
            space,
            from: Source { table: system::AUDIT.into(), object: None, which: Which::All },
            column: "id".into(),
            filter: Cond::Test { left: Expr::column("record_id", Kind::Int), op: Op::In, right: Value::Ints(ids) },
        };
        Some(Cond::And(vec![
            Cond::Test { left: Expr::column("subject", Kind::Text), op: Op::In, right: Value::Texts(texts) },
            Cond::Among { left: Expr::column("id", Kind::Int), rows: Box::new(rows) },
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn types_end_in_an_asterisk_or_are_whole() {
        let types = Types::parse("kontor.deal.*, kontor.contact.created").unwrap();
        assert!(types.has("kontor.deal.won") && types.has("kontor.contact.created"));
        assert!(!types.has("kontor.contact.updated") && !types.has("kontor.deals.won"));
        assert!(Types::default().has("x") && Types::parse("*").unwrap().has("x"));
        assert!(Types::parse("kontor.a.b,*").unwrap().cond().is_none());
        for wrong in ["", "kontor.*.won", "Kontor.deal.won", "kontor.deal.won,", "a%", &"a".repeat(256)] {
            assert_eq!(Types::parse(wrong).unwrap_err().code(), ErrorCode::BadQuery, "{wrong}");
        }
    }

    #[test]
    fn subjects_name_a_record() {
        assert_eq!(Subjects::parse("deals/7,a/8").unwrap().0, [("deals/7".to_owned(), 7), ("a/8".to_owned(), 8)]);
        for wrong in ["", "deals", "deals/", "/7", "deals/x", "deals/7,"] {
            assert!(Subjects::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}", kind in "[a-z.]{0,20}") {
            if let Ok(types) = Types::parse(&text) {
                let _ = types.has(&kind);
                prop_assert!(types.cond().is_some() || types.has(&kind));
            }
            let _ = Subjects::parse(&text);
        }

        #[test]
        fn a_beginning_fits_what_begins_with_it(stem in "[a-z._]{0,12}", rest in "[a-z._]{0,12}") {
            let types = Types::parse(&format!("{stem}*")).unwrap();
            let whole = format!("{stem}{rest}");
            prop_assert!(types.has(&whole));
        }
    }
}
