//! Full text: what is indexed and what is asked go through the same tokenizer, so that both databases find the same.
//!
//! Words are runs of letters and digits, lower-cased, without diacritics; every ideograph, kana and hangul syllable is
//! a token of its own, so that any part of a Chinese, Japanese or Korean name is found as a phrase.

use kontor_catalog::ObjectDef;
use kontor_store::{Search, Term};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The most tokens of one record.
const MAX_TOKENS: usize = 4_000;
/// The longest token, in characters; the rest of a longer run is left out.
const MAX_TOKEN: usize = 40;
/// The most terms of a question.
const MAX_TERMS: usize = 16;

fn stands_alone(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11FF | 0x2E80..=0x2FDF | 0x3040..=0x30FF | 0x3100..=0x312F | 0x31A0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA960..=0xA97F | 0xAC00..=0xD7FF | 0xF900..=0xFAFF
        | 0x20000..=0x3FFFF)
}

/// Folds a text to tokens; `true` marks one that follows its predecessor without a gap.
fn tokens(text: &str) -> Vec<(String, bool)> {
    let mut out: Vec<(String, bool)> = Vec::new();
    let mut word = String::new();
    let mut length = 0;
    let mut joined = false;
    let flush = |word: &mut String, length: &mut usize, joined: &mut bool, out: &mut Vec<(String, bool)>| {
        if !word.is_empty() {
            out.push((std::mem::take(word), *joined));
            *joined = true;
        }
        *length = 0;
    };
    let folded = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    // Hangul was taken apart by the folding; put back together it is one token a syllable.
    for c in folded.nfc() {
        if out.len() >= MAX_TOKENS {
            break;
        }
        if stands_alone(c) {
            flush(&mut word, &mut length, &mut joined, &mut out);
            out.push((c.to_string(), joined));
            joined = true;
        } else if c.is_alphanumeric() {
            if length < MAX_TOKEN {
                word.push(c);
                length += 1;
            }
        } else {
            flush(&mut word, &mut length, &mut joined, &mut out);
            joined = false;
        }
    }
    flush(&mut word, &mut length, &mut joined, &mut out);
    out
}

/// The indexed form of a record's searched texts.
pub fn document<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for text in texts {
        for (token, _) in tokens(text) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&token);
        }
    }
    out
}

/// What `q` asks for: each word as a beginning, adjoining ideographs and `"quoted words"` as phrases. None when it has
/// no letter or digit.
pub fn terms(q: &str) -> Option<Search> {
    let mut terms = Vec::new();
    for (i, part) in q.split('"').enumerate() {
        let quoted = i % 2 == 1;
        let mut phrase: Vec<String> = Vec::new();
        for (token, joined) in tokens(part) {
            let cjk = token.chars().all(stands_alone);
            let continues = quoted || (joined && (cjk || phrase.last().is_some_and(|t| t.chars().all(stands_alone))));
            if !continues && !phrase.is_empty() {
                terms.push(Term { tokens: std::mem::take(&mut phrase), prefix: true });
            }
            phrase.push(token);
        }
        if !phrase.is_empty() {
            terms.push(Term { tokens: phrase, prefix: !quoted });
        }
    }
    for term in &mut terms {
        term.prefix &= !term.tokens.last().is_some_and(|t| t.chars().all(stands_alone));
    }
    terms.truncate(MAX_TERMS);
    (!terms.is_empty()).then_some(Search { terms })
}

/// Whether an object can be asked for words: it has searched fields, and an index of them.
pub fn serves(def: &ObjectDef) -> bool {
    def.is_searched() && def.shown().any(|(_, field)| field.searched)
}

/// Whether the words of a record hold nothing that is hidden from the caller: a match would give it away.
pub fn open(ctx: &crate::Ctx, def: &ObjectDef) -> bool {
    let seen = |path: &str| def.field(path).is_some();
    ctx.whole.object(&def.name).is_none_or(|whole| {
        whole.shown().filter(|(_, field)| field.searched).all(|(_, field)| seen(&whole.path(field)))
    })
}

/// The refusal of a search that would reach hidden words.
pub fn closed(def: &ObjectDef) -> kontor_model::Error {
    let detail =
        format!("the role does not see every searched field of {}, so it cannot search them; use a filter", def.plural);
    kontor_model::Error::new(kontor_model::ErrorCode::Forbidden, detail)
}

/// Whether closeness can be worked out quickly: short beginnings match too much.
pub fn ranked(search: &Search) -> bool {
    search
        .terms
        .iter()
        .any(|t| t.tokens.len() > 1 || t.tokens.iter().any(|w| w.chars().count() >= 4 || w.chars().all(stands_alone)))
}

/// The full text of a record with these values.
pub fn full_text(def: &ObjectDef, values: &[kontor_model::Value]) -> String {
    document(def.shown().filter(|(_, f)| f.searched).filter_map(|(i, _)| values.get(i)?.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(q: &str) -> Vec<(String, bool)> {
        terms(q).map(|s| s.terms.into_iter().map(|t| (t.tokens.join(" "), t.prefix)).collect()).unwrap_or_default()
    }

    #[test]
    fn texts_are_folded() {
        assert_eq!(
            document(["Müller & Søn", "maria.anders@example.de", "張晓明 ABC株式会社"].into_iter()),
            "muller søn maria anders example de 張 晓 明 abc 株 式 会 社"
        );
        assert_eq!(document(["ÉCOLE ﬁn Ⅷ İstanbul"].into_iter()), "ecole fin viii istanbul");
    }

    #[test]
    fn questions_become_terms() {
        assert_eq!(plain("Mül schm"), [("mul".into(), true), ("schm".into(), true)]);
        assert_eq!(plain("晓明"), [("晓 明".into(), false)]);
        assert_eq!(plain("\"Acme Corp\" ber"), [("acme corp".into(), false), ("ber".into(), true)]);
        assert!(terms("  --- ").is_none());
    }

    proptest! {
        #[test]
        fn tokens_are_only_letters_digits_and_ideographs(text in ".{0,200}") {
            let document = document(std::iter::once(text.as_str()));
            prop_assert!(document.chars().all(|c| c == ' ' || c.is_alphanumeric() || stands_alone(c)));
            let _ = terms(&text);
        }
    }
}
