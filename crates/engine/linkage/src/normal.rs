//! Texts in the form that they are compared in.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Legal forms at the end of a company's name, folded and without dots.
const FORMS: &[&str] = &[
    "ab",
    "ag",
    "aps",
    "as",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "doo",
    "eg",
    "ek",
    "ev",
    "gmbh",
    "gbr",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "kgaa",
    "kk",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "ohg",
    "oo",
    "oy",
    "oyj",
    "plc",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sarl",
    "sas",
    "se",
    "sl",
    "sp",
    "spa",
    "srl",
    "sro",
    "ug",
    "zoo",
];
/// Legal forms that are written without a space before them; longer ones first.
const ATTACHED: &[&str] = &["股份有限公司", "有限责任公司", "有限公司", "株式会社", "合同会社", "주식회사"];
/// Words between a name and its form, or within a compound form (`GmbH & Co. KG`).
const JOINERS: &[&str] = &["and", "und", "et", "y", "z", "o"];

/// Domains whose mail addresses anyone can have: they are no company's.
const FREE_MAIL: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "bigpond.com",
    "bluewin.ch",
    "btinternet.com",
    "foxmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rediffmail.com",
    "sina.com",
    "t-online.de",
    "uol.com.br",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.ru",
    "yeah.net",
    "zoho.com",
];

/// Lower case, without accents, letters and digits only, one space between words: `Müller-Lüdenscheidt` is
/// `muller ludenscheidt`.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' => out.push('d'),
            // Within a word: O'Neil, S.A.
            '\'' | '’' | '.' => {}
            c if c.is_alphanumeric() => out.push(c),
            _ if out.is_empty() || out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    // Decomposed syllables (Hangul) come together again.
    out.nfc().collect()
}

/// A company's name, folded and without its legal form; the form stays when there is nothing else.
pub fn company(name: &str) -> String {
    let mut folded = fold(name);
    for form in ATTACHED {
        let form: String = fold(form);
        if let Some(rest) = folded.strip_suffix(form.as_str()).or_else(|| folded.strip_prefix(form.as_str()))
            && !rest.trim().is_empty()
        {
            folded = rest.trim().to_owned();
        }
    }
    let mut words: Vec<&str> = folded.split(' ').collect();
    while words.len() > 1 && words.last().is_some_and(|last| FORMS.contains(last) || JOINERS.contains(last)) {
        words.pop();
    }
    if words.len() > 1 && words.first() == Some(&"the") {
        words.remove(0);
    }
    words.join(" ")
}

/// Host of an address or a domain as it is written: lower case, without scheme, `www.`, port and path.
pub fn host(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.').to_owned()
}

/// Letters and digits only, in lower case: postal codes, tax numbers.
pub fn code(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Local part and domain. What is behind `+`, and dots where Google ignores them, say nothing.
pub fn mailbox(address: &str) -> (String, String) {
    let address = address.trim().to_lowercase();
    let (local, domain) = address.rsplit_once('@').unwrap_or((address.as_str(), ""));
    let local = local.split('+').next().filter(|plain| !plain.is_empty()).unwrap_or(local);
    match domain {
        "gmail.com" | "googlemail.com" => (local.replace('.', ""), "gmail.com".to_owned()),
        _ => (local.to_owned(), domain.to_owned()),
    }
}

/// Whether anyone can have an address there.
pub fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.binary_search(&domain).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_folded() {
        assert_eq!(fold("  Müller-Lüdenscheidt "), "muller ludenscheidt");
        assert_eq!(fold("O'Neil & Søn"), "oneil son");
        assert_eq!(fold("Weiß"), "weiss");
        assert_eq!(fold("ＡＢＣ 株式会社"), "abc 株式会社");
        assert_eq!(fold("…"), "");
    }

    #[test]
    fn companies_lose_their_legal_forms() {
        for name in
            ["Acme", "ACME GmbH", "Acme GmbH & Co. KG", "Acme, Inc.", "Acme Ltd", "The Acme Company", "Acme S.A."]
        {
            assert_eq!(company(name), "acme", "{name}");
        }
        assert_eq!(company("上海贸易有限公司"), company("上海贸易"));
        assert_eq!(company("株式会社トヨタ"), company("トヨタ"));
        assert_eq!(company("Acme Sp. z o.o."), "acme");
        // A name that is nothing but a form stays.
        assert_eq!((company("Ltd"), company("Company Co")), ("ltd".to_owned(), "company".to_owned()));
        assert_eq!(company("Cosa Nova"), "cosa nova");
    }

    #[test]
    fn hosts_codes_and_mailboxes() {
        for text in ["acme.example", "https://www.Acme.example/about?x", "WWW.acme.example.", "acme.example:8443/"] {
            assert_eq!(host(text), "acme.example", "{text}");
        }
        assert_eq!(code("DE 123-456.789"), "de123456789");
        assert_eq!(mailbox("Ann.Roe+crm@Gmail.com"), ("annroe".to_owned(), "gmail.com".to_owned()));
        assert_eq!(mailbox("ann.roe+crm@acme.example"), ("ann.roe".to_owned(), "acme.example".to_owned()));
        assert_eq!(mailbox("+@acme.example"), ("+".to_owned(), "acme.example".to_owned()));
        assert!(is_free_mail("gmail.com") && is_free_mail("web.de") && !is_free_mail("acme.example"));
        assert!(FREE_MAIL.is_sorted() && FORMS.iter().all(|form| fold(form) == **form));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,40}") {
            let _ = (company(&text), host(&text), code(&text), mailbox(&text));
        }
    }
}
