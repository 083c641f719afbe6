//! Statements of account: what a customer owed, was charged, paid and owes, between two days.

use serde_json::{Value as J, json};

use crate::document::{Buyer, Language, Seller, minor_digits};
use crate::format;
use crate::layout::{footer, paper, recipient, return_address, sender_lines};
use crate::sheet::{Cell, Column, Sheet};
use crate::words::Word;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happened {
    Invoice,
    CreditNote,
    Payment,
    Refund,
}

impl Happened {
    fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
            Self::Payment => "payment",
            Self::Refund => "refund",
        }
    }

    fn word(self) -> Word {
        match self {
            Self::Invoice => Word::Invoice,
            Self::CreditNote => Word::CreditNote,
            Self::Payment => Word::PaymentEntry,
            Self::Refund => Word::RefundEntry,
        }
    }
}

/// One entry: above zero it is owed, below zero it was paid or taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Days since 1970.
    pub day: i64,
    pub happened: Happened,
    /// The id of the record that it is of.
    pub id: i64,
    pub number: String,
    pub amount: i64,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub language: Language,
    pub currency: String,
    pub seller: Seller,
    pub buyer: Buyer,
    /// First and last day.
    pub from: i64,
    pub until: i64,
    /// The day that it was drawn up.
    pub drawn: i64,
    /// What was owed before the first day.
    pub opening: i64,
    /// Between the days, in order.
    pub entries: Vec<Entry>,
}

impl Statement {
    /// Of all that ever happened: what was before `from` becomes the opening balance, what is after `until` is left out.
    #[must_use]
    pub fn of(mut self, all: Vec<Entry>) -> Self {
        self.opening = all.iter().filter(|entry| entry.day < self.from).map(|entry| entry.amount).sum();
        self.entries = all.into_iter().filter(|entry| (self.from..=self.until).contains(&entry.day)).collect();
        self.entries.sort();
        self
    }

    /// What is owed after the last day.
    pub fn closing(&self) -> i64 {
        self.opening + self.entries.iter().map(|entry| entry.amount).sum::<i64>()
    }

    /// Every entry with what is owed after it.
    fn running(&self) -> impl Iterator<Item = (&Entry, i64)> {
        self.entries.iter().scan(self.opening, |balance, entry| {
            *balance += entry.amount;
            Some((entry, *balance))
        })
    }

    /// As it is answered.
    pub fn json(&self) -> J {
        let decimal = |units: i64| kontor_model::decimal::to_decimal(units, 4).normalize().to_string();
        let date = kontor_model::time::date_text;
        let (charged, credited) = self.sums();
        json!({
            "currency": self.currency,
            "from": date(self.from),
            "until": date(self.until),
            "opening_balance": decimal(self.opening),
            "charges": decimal(charged),
            "credits": decimal(credited),
            "closing_balance": decimal(self.closing()),
            "entries": self.running().map(|(entry, balance)| json!({
                "date": date(entry.day),
                "type": entry.happened.name(),
                "id": entry.id.to_string(),
                "number": entry.number,
                "amount": decimal(entry.amount),
                "balance": decimal(balance),
            })).collect::<Vec<_>>(),
        })
    }

    /// What was charged and what was paid or taken back, both above zero.
    fn sums(&self) -> (i64, i64) {
        let sum = |of: fn(&&Entry) -> bool| self.entries.iter().filter(of).map(|entry| entry.amount).sum::<i64>();
        (sum(|entry| entry.amount > 0), -sum(|entry| entry.amount < 0))
    }

    /// Laid out.
    pub fn sheet(&self) -> Sheet {
        let word = |word: Word| word.in_language(self.language).to_owned();
        let digits = minor_digits(&self.currency);
        let amount = |units: i64| format::decimal(units, digits, self.language);
        let money = |units: i64| format::money(units, digits, &self.currency, self.language);
        let day = |day: i64| format::day(day, self.language);
        let opening = vec![
            Cell::from(day(self.from)),
            Cell::from(word(Word::OpeningBalance)),
            Cell::from(String::new()),
            Cell::from(String::new()),
            Cell::from(amount(self.opening)),
        ];
        let rows = self.running().map(|(entry, balance)| {
            let (charge, credit) = match entry.amount {
                units if units < 0 => (String::new(), amount(-units)),
                units => (amount(units), String::new()),
            };
            vec![
                Cell::from(day(entry.day)),
                Cell::from(format!("{} {}", word(entry.happened.word()), entry.number).trim_end().to_owned()),
                Cell::from(charge),
                Cell::from(credit),
                Cell::from(amount(balance)),
            ]
        });
        let (charged, credited) = self.sums();
        Sheet {
            language: self.language.code(),
            paper: paper(&self.seller.address.country),
            title: word(Word::Statement),
            stamp: String::new(),
            logo: String::new(),
            sender: self.seller.name.clone(),
            sender_lines: sender_lines(&self.seller),
            return_address: return_address(&self.seller),
            recipient: recipient(&self.buyer, &self.seller.address.country),
            meta: vec![
                (word(Word::Date), day(self.drawn)),
                (word(Word::Period), format!("{} – {}", day(self.from), day(self.until))),
            ],
            intro: String::new(),
            columns: vec![
                Column::text(&word(Word::Date)),
                Column::rest(&word(Word::Entry)),
                Column::number(&word(Word::Charges)),
                Column::number(&word(Word::Credits)),
                Column::number(&format!("{} {}", word(Word::Balance), self.currency)),
            ],
            rows: std::iter::once(opening).chain(rows).collect(),
            totals: vec![
                (word(Word::OpeningBalance), money(self.opening)),
                (word(Word::Charges), money(charged)),
                (word(Word::Credits), money(-credited)),
            ],
            grand: Some((word(Word::ClosingBalance), money(self.closing()))),
            taxes: None,
            paragraphs: Vec::new(),
            facts: None,
            footer: footer(&self.seller, self.language),
            page: (word(Word::Page), word(Word::Of)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn statement() -> Statement {
        let invoice = crate::testing::invoice();
        Statement {
            language: Language::English,
            currency: "EUR".into(),
            seller: invoice.seller,
            buyer: invoice.buyer,
            from: 100,
            until: 200,
            drawn: 300,
            opening: 0,
            entries: Vec::new(),
        }
    }

    fn entry(day: i64, amount: i64) -> Entry {
        Entry { day, happened: Happened::Invoice, id: day, number: String::new(), amount }
    }

    #[test]
    fn what_was_before_is_the_opening_balance() {
        let statement =
            statement().of(vec![entry(200, -300_000), entry(99, 500_000), entry(100, 100_000), entry(201, 9)]);
        assert_eq!((statement.opening, statement.entries.len(), statement.closing()), (500_000, 2, 300_000));
        let json = statement.json();
        assert_eq!((&json["opening_balance"], &json["closing_balance"]), (&json!("50"), &json!("30")));
        assert_eq!((&json["entries"][0]["balance"], &json["entries"][1]["balance"]), (&json!("60"), &json!("30")));
        assert_eq!((&json["charges"], &json["credits"]), (&json!("10"), &json!("30")));
        let sheet = statement.sheet();
        assert_eq!((sheet.rows.len(), sheet.rows[0].len(), sheet.columns.len()), (3, 5, 5));
        assert_eq!(sheet.grand, Some(("Closing balance".into(), "EUR 30.00".into())));
    }

    proptest! {
        /// Statements of two periods in a row are that of both.
        #[test]
        fn periods_follow_each_other(
            entries in prop::collection::vec((90_i64..210, -1_000_i64..1_000), 0..40), cut in 101_i64..200,
        ) {
            let all: Vec<Entry> = entries.into_iter().map(|(day, amount)| entry(day, amount)).collect();
            let whole = statement().of(all.clone());
            let first = Statement { until: cut - 1, ..statement() }.of(all.clone());
            let second = Statement { from: cut, ..statement() }.of(all);
            prop_assert_eq!(first.closing(), second.opening);
            prop_assert_eq!(second.closing(), whole.closing());
            prop_assert_eq!(first.entries.len() + second.entries.len(), whole.entries.len());
        }
    }
}
