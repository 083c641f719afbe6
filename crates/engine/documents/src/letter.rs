//! The usual words of a letter that brings a document.

use crate::document::{Document, Kind, Language};
use crate::format;

/// Subject and text; `link` is where a quote is read and answered.
pub fn usual(document: &Document, link: Option<&str>) -> (String, String) {
    let (title, seller) = (document.title(), &document.seller.name);
    let total = format::money(document.total, document.digits(), &document.currency, document.language);
    let day = |day: Option<i64>| day.map(|day| format::day(day, document.language));
    let (until, due) = (day(document.valid_until), day(document.due));
    let mut text = Vec::new();
    let subject = match document.language {
        Language::English => {
            text.push("Dear customer,".to_owned());
            text.push(match (document.kind, &until, &due) {
                (Kind::Quote, Some(until), _) => {
                    format!("please find attached our {title} over {total}, valid until {until}.")
                }
                (Kind::Invoice, _, Some(due)) => {
                    format!("please find attached our {title} over {total}, payable by {due}.")
                }
                _ => format!("please find attached our {title} over {total}."),
            });
            text.extend(link.map(|link| format!("You can read it and answer here:\n{link}")));
            text.push(format!("Kind regards\n{seller}"));
            format!("{title} from {seller}")
        }
        Language::German => {
            text.push("Guten Tag,".to_owned());
            text.push(match (document.kind, &until, &due) {
                (Kind::Quote, Some(until), _) => {
                    format!("anbei finden Sie unser Dokument {title} über {total}, gültig bis {until}.")
                }
                (Kind::Invoice, _, Some(due)) => {
                    format!("anbei finden Sie unser Dokument {title} über {total}, zahlbar bis {due}.")
                }
                _ => format!("anbei finden Sie unser Dokument {title} über {total}."),
            });
            text.extend(link.map(|link| format!("Sie können es hier lesen und beantworten:\n{link}")));
            text.push(format!("Mit freundlichen Grüßen\n{seller}"));
            format!("{title} von {seller}")
        }
    };
    (subject, text.join("\n\n"))
}

/// A text with `{{name}}` filled in; a name that is not known stays as it is written.
pub fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let known = after.split_once("}}").and_then(|(name, after)| {
            let value = values.iter().find(|(known, _)| *known == name.trim());
            value.map(|(_, value)| (value, after))
        });
        match known {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_letter_says_what_it_brings() {
        let invoice = crate::testing::invoice();
        let (subject, text) = usual(&invoice, None);
        assert_eq!(subject, "Rechnung 2026-00001 von Nord GmbH");
        assert!(text.contains("über 1.071,00 EUR, zahlbar bis 05.12.2026.") && text.ends_with("Nord GmbH"), "{text}");
        let quote = Document { kind: Kind::Quote, language: Language::English, valid_until: Some(20_800), ..invoice };
        let (subject, text) = usual(&quote, Some("https://crm.example/public/quotes/x"));
        assert_eq!(subject, "Quote 2026-00001 from Nord GmbH");
        assert!(text.contains("valid until 13 Dec 2026") && text.contains("here:\nhttps://crm.example/"), "{text}");
    }

    #[test]
    fn names_are_filled_in_once() {
        let values = [("number", "{{due}}".to_owned()), ("due", "today".to_owned())];
        assert_eq!(fill("{{ number }} is due {{due}}, {{other}} {{", &values), "{{due}} is due today, {{other}} {{");
    }

    proptest! {
        #[test]
        fn a_text_without_names_stays(text in "[^{]{0,80}", wild in "[{}a-z ]{0,40}") {
            prop_assert_eq!(fill(&text, &[("a", "x".to_owned())]), text);
            prop_assert_eq!(fill(&wild, &[]), wild);
        }
    }
}
