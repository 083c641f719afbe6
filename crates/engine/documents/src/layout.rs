//! What of a document goes where on the paper.

use crate::document::{Buyer, Category, Document, Kind, Language, Line, Seller, Stamp, TaxKind};
use crate::format;
use crate::sheet::{Cell, Column, Pair, Sheet, filled};
use crate::unit;
use crate::words::Word;

/// Where letters are on Letter paper (CLDR, supplemental data).
const LETTER: &[&str] = &["US", "CA", "MX", "CL", "CO", "CR", "GT", "NI", "PA", "PH", "PR", "SV", "VE"];

/// Units with more characters are told below the description.
const LONG_UNIT: usize = 12;

/// The paper of a seller's country.
pub(crate) fn paper(country: &str) -> &'static str {
    if LETTER.contains(&country) { "us-letter" } else { "a4" }
}

impl Language {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }
}

impl Document {
    fn word(&self, word: Word) -> String {
        word.in_language(self.language).to_owned()
    }

    fn amount(&self, units: i64) -> String {
        format::decimal(units, self.digits(), self.language)
    }

    fn money(&self, units: i64) -> String {
        format::money(units, self.digits(), &self.currency, self.language)
    }

    fn day(&self, day: i64) -> String {
        format::day(day, self.language)
    }

    /// What it is called.
    pub fn title(&self) -> String {
        let name = self.word(match self.kind {
            Kind::Quote => Word::Quote,
            Kind::Invoice => Word::Invoice,
            Kind::CreditNote => Word::CreditNote,
        });
        if self.number.is_empty() { name } else { format!("{name} {}", self.number) }
    }

    /// The name of its file, without an ending.
    pub fn file_name(&self) -> String {
        self.title().replace(' ', "-")
    }

    /// Laid out.
    pub fn sheet(&self) -> Sheet {
        let discounts = self.lines.iter().any(|line| line.discount != 0);
        Sheet {
            language: self.language.code(),
            paper: paper(&self.seller.address.country),
            title: self.title(),
            stamp: match self.stamp {
                Some(Stamp::Draft) => self.word(Word::Draft),
                Some(Stamp::Void) => self.word(Word::Void),
                None => String::new(),
            },
            logo: String::new(),
            sender: sender_name(&self.seller).to_owned(),
            sender_lines: sender_lines(&self.seller),
            return_address: return_address(&self.seller),
            recipient: recipient(&self.buyer, &self.seller.address.country),
            meta: self.meta(),
            intro: String::new(),
            columns: self.columns(discounts),
            rows: self.lines.iter().enumerate().map(|(at, line)| self.row(at, line, discounts)).collect(),
            totals: self.totals(),
            grand: Some((
                self.word(match self.kind {
                    Kind::Quote => Word::Total,
                    Kind::Invoice => Word::TotalDue,
                    Kind::CreditNote => Word::TotalCredited,
                }),
                self.money(self.total),
            )),
            taxes: self.tax_table(),
            paragraphs: self.paragraphs(),
            facts: self.payment(),
            footer: footer(&self.seller, self.language),
            page: (self.word(Word::Page), self.word(Word::Of)),
        }
    }

    fn meta(&self) -> Vec<Pair> {
        let day = |day: Option<i64>| day.map(|day| self.day(day)).unwrap_or_default();
        let preceding = self.preceding.as_ref().map(|(number, issued)| match issued {
            Some(issued) => format!("{number}, {}", self.day(*issued)),
            None => number.clone(),
        });
        let of_quote = |text: String| if self.kind == Kind::Quote { text } else { String::new() };
        let all = [
            (Word::Number, self.number.clone()),
            (Word::Date, day(self.issued)),
            (Word::DeliveryDate, day(self.delivered)),
            (Word::DueDate, day(self.due)),
            (Word::ValidUntil, of_quote(day(self.valid_until))),
            (Word::InvoiceNumber, preceding.unwrap_or_default()),
            (Word::YourOrder, self.buyer.purchase_order.clone()),
            (Word::YourReference, self.buyer.reference.clone()),
            (Word::YourVatId, self.buyer.vat_id.clone()),
            (Word::Contact, self.seller.contact_name.clone()),
        ];
        all.into_iter().filter(|(_, text)| !text.is_empty()).map(|(word, text)| (self.word(word), text)).collect()
    }

    fn columns(&self, discounts: bool) -> Vec<Column> {
        let mut out = vec![
            Column::number(&self.word(Word::Position)),
            Column::rest(&self.word(Word::Description)),
            Column::number(&self.word(Word::Quantity)),
            Column::number(&self.word(Word::UnitPrice)),
        ];
        if discounts {
            out.push(Column::number(&self.word(Word::Discount)));
        }
        out.push(Column::number(&self.word(Word::Tax)));
        out.push(Column::number(&format!("{} {}", self.word(Word::Amount), self.currency)));
        out
    }

    fn row(&self, at: usize, line: &Line, discounts: bool) -> Vec<Cell> {
        let text = if line.description.is_empty() { &line.sku } else { &line.description };
        let sku = if line.description.is_empty() { "" } else { &line.sku };
        let unit = unit::word(&line.unit, self.language);
        // A box of 24 bottles is no word for a column of numbers.
        let (unit, long) = if unit.chars().count() > LONG_UNIT { ("", unit) } else { (unit, "") };
        let detail = filled([sku, long]).join(" · ");
        let quantity = format!("{} {unit}", format::decimal(line.quantity, 0, self.language));
        let mut out = vec![
            Cell::from((at + 1).to_string()),
            Cell { text: text.clone(), detail },
            Cell::from(quantity.trim_end().to_owned()),
            Cell::from(self.amount(line.price)),
        ];
        if discounts {
            let taken = if line.discount == 0 { String::new() } else { format::percent(line.discount, self.language) };
            out.push(Cell::from(taken));
        }
        let tax = line.tax.as_ref().map_or_else(|| "–".to_owned(), |tax| format::percent(tax.rate, self.language));
        out.push(Cell::from(tax));
        out.push(Cell::from(self.amount(line.net)));
        out
    }

    fn totals(&self) -> Vec<Pair> {
        let mut out = vec![(self.word(Word::Subtotal), self.money(self.subtotal))];
        for line in self.breakdown() {
            let name = match &line.kind {
                Some(kind) => format!("{} {}", self.word(Word::TaxTotal), format::percent(kind.rate, self.language)),
                None => continue,
            };
            out.push((name, self.money(line.tax)));
        }
        out
    }

    /// Where there is more than one rate, what each comes to.
    fn tax_table(&self) -> Option<(Vec<Column>, Vec<Vec<String>>)> {
        let breakdown = self.breakdown();
        if breakdown.len() < 2 {
            return None;
        }
        let columns = vec![
            Column::text(&self.word(Word::TaxRate)),
            Column::number(&self.word(Word::TaxBase)),
            Column::number(&self.word(Word::TaxAmount)),
        ];
        let rows = breakdown.iter().map(|line| {
            let name = match &line.kind {
                Some(kind) => format::percent(kind.rate, self.language),
                None => self.word(Word::NotTaxed),
            };
            vec![name, self.money(line.base), self.money(line.tax)]
        });
        Some((columns, rows.collect()))
    }

    /// Why nothing is charged, as the law asks to say (Directive 2006/112/EC, article 226).
    fn exemption(&self, kind: &TaxKind) -> String {
        if !kind.reason.is_empty() {
            return kind.reason.clone();
        }
        match kind.category() {
            Category::ReverseCharge => self.word(Word::ReverseCharge),
            Category::IntraCommunity => self.word(Word::IntraCommunity),
            Category::Export => self.word(Word::Export),
            Category::OutOfScope => self.word(Word::OutOfScope),
            Category::Standard | Category::Zero | Category::Exempt => String::new(),
        }
    }

    fn paragraphs(&self) -> Vec<String> {
        let mut out = Vec::new();
        for line in self.breakdown() {
            let text = line.kind.as_ref().map(|kind| self.exemption(kind)).unwrap_or_default();
            if !text.is_empty() && !out.contains(&text) {
                out.push(text);
            }
        }
        if !self.reason.is_empty() {
            out.push(format!("{}: {}", self.word(Word::Reason), self.reason));
        }
        if !self.notes.trim().is_empty() {
            out.push(self.notes.trim().to_owned());
        }
        out
    }

    /// How an invoice is paid.
    fn payment(&self) -> Option<(String, Vec<Pair>)> {
        if self.kind != Kind::Invoice || self.stamp == Some(Stamp::Void) || self.total <= 0 {
            return None;
        }
        let seller = &self.seller;
        let holder = if seller.account_holder.is_empty() { &seller.name } else { &seller.account_holder };
        let of_account = |text: &str| if seller.iban.is_empty() { String::new() } else { text.to_owned() };
        let due = match self.due {
            Some(due) if self.issued.is_some_and(|issued| due <= issued) => self.word(Word::PayNow),
            Some(due) => self.day(due),
            None => String::new(),
        };
        let all = [
            (self.word(Word::PayBy), due),
            (self.word(Word::PaymentReference), self.number.clone()),
            (self.word(Word::AccountHolder), of_account(holder)),
            ("IBAN".to_owned(), format::iban(&seller.iban)),
            ("BIC".to_owned(), seller.bic.clone()),
            (self.word(Word::Bank), seller.bank_name.clone()),
            (String::new(), seller.payment_note.clone()),
        ];
        let pairs: Vec<Pair> = all.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        (!pairs.is_empty()).then(|| (self.word(Word::Payment), pairs))
    }
}

fn sender_name(seller: &Seller) -> &str {
    if seller.trading_name.is_empty() { &seller.name } else { &seller.trading_name }
}

fn town(seller: &Seller) -> String {
    filled([seller.address.postal_code.as_str(), &seller.address.city]).join(" ")
}

pub(crate) fn sender_lines(seller: &Seller) -> Vec<String> {
    filled([seller.address.street.as_str(), &town(seller), &seller.phone, &seller.email, &seller.website])
}

pub(crate) fn return_address(seller: &Seller) -> String {
    filled([sender_name(seller), &seller.address.street, &town(seller)]).join(" · ")
}

/// The address as the post wants it; the country where the letter goes abroad.
pub(crate) fn recipient(buyer: &Buyer, home: &str) -> Vec<String> {
    let address = &buyer.address;
    let town = filled([address.postal_code.as_str(), &address.city]).join(" ");
    let abroad = if address.country == home { "" } else { &address.country };
    filled([buyer.name.as_str(), &buyer.contact, &address.street, &town, &address.region, abroad])
}

pub(crate) fn footer(seller: &Seller, language: Language) -> Vec<Vec<String>> {
    let said = |word: Word, text: &str| match text {
        "" => String::new(),
        text => format!("{}: {text}", word.in_language(language)),
    };
    let named = |name: &str, text: &str| if text.is_empty() { String::new() } else { format!("{name}: {text}") };
    let columns = [
        filled([seller.name.as_str(), &seller.address.street, &town(seller), &seller.address.country]),
        filled([
            said(Word::VatId, &seller.vat_id).as_str(),
            &said(Word::TaxNumber, &seller.tax_number),
            &said(Word::Registration, &seller.registration_number),
            &seller.legal_notice,
        ]),
        filled([seller.bank_name.as_str(), &named("IBAN", &format::iban(&seller.iban)), &named("BIC", &seller.bic)]),
    ];
    columns.into_iter().filter(|column| !column.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use crate::document::{Kind, Language, Stamp};
    use crate::testing::invoice;

    #[test]
    fn an_invoice_speaks_the_language_of_its_reader() {
        let german = invoice().sheet();
        assert_eq!((german.title.as_str(), german.paper), ("Rechnung 2026-00001", "a4"));
        assert_eq!(german.grand, Some(("Rechnungsbetrag".into(), "1.071,00 EUR".into())));
        assert!(german.meta.contains(&("Fällig am".into(), "05.12.2026".into())));
        let english = crate::Document { language: Language::English, ..invoice() }.sheet();
        assert_eq!(english.grand, Some(("Total due".into(), "EUR 1,071.00".into())));
        let (_, facts) = english.facts.unwrap();
        assert!(facts.contains(&("IBAN".into(), crate::format::iban("DE75512108001245126199"))));
    }

    #[test]
    fn drafts_and_quotes_say_what_they_are() {
        let draft = crate::Document { stamp: Some(Stamp::Draft), number: String::new(), ..invoice() }.sheet();
        assert_eq!((draft.stamp.as_str(), draft.title.as_str()), ("ENTWURF", "Rechnung"));
        let quote = crate::Document { kind: Kind::Quote, valid_until: Some(20_800), due: None, ..invoice() }.sheet();
        assert!(quote.facts.is_none(), "nobody pays a quote");
        assert!(quote.meta.contains(&("Gültig bis".into(), "13.12.2026".into())), "{:?}", quote.meta);
        let void = crate::Document { stamp: Some(Stamp::Void), ..invoice() }.sheet();
        assert!(void.facts.is_none() && void.stamp == "STORNIERT");
    }

    #[test]
    fn a_discount_has_a_column_where_there_is_one() {
        assert_eq!(invoice().sheet().columns.len(), 6);
        let mut document = invoice();
        document.lines[0].discount = 1_000;
        let sheet = document.sheet();
        assert_eq!((sheet.columns.len(), sheet.rows[0].len(), sheet.rows[1].len()), (7, 7, 7));
        assert_eq!(sheet.rows[0][4].text, "10\u{202f}%");
    }
}
