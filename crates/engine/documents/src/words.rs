//! The words of documents, in each language.

use crate::document::Language;

macro_rules! words {
    ($($name:ident: $english:literal, $german:literal;)*) => {
        /// A word of a document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word { $($name),* }

        impl Word {
            /// Every word.
            #[cfg(test)]
            pub const ALL: &'static [Word] = &[$(Word::$name),*];

            /// In a language.
            pub const fn in_language(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Word::$name, Language::English) => $english, (Word::$name, Language::German) => $german,)*
                }
            }
        }
    };
}

words! {
    Quote: "Quote", "Angebot";
    Invoice: "Invoice", "Rechnung";
    CreditNote: "Credit note", "Gutschrift";
    Statement: "Statement of account", "Kontoauszug";
    Draft: "DRAFT", "ENTWURF";
    Void: "VOID", "STORNIERT";
    Number: "Number", "Nummer";
    Date: "Date", "Datum";
    DueDate: "Due date", "Fällig am";
    ValidUntil: "Valid until", "Gültig bis";
    DeliveryDate: "Delivery date", "Leistungsdatum";
    YourReference: "Your reference", "Ihre Referenz";
    YourOrder: "Your order", "Ihre Bestellung";
    YourVatId: "Your VAT ID", "Ihre USt-IdNr.";
    InvoiceNumber: "For invoice", "Zu Rechnung";
    Contact: "Contact", "Ansprechpartner";
    Position: "No.", "Pos.";
    Description: "Description", "Beschreibung";
    Quantity: "Quantity", "Menge";
    UnitPrice: "Unit price", "Einzelpreis";
    Discount: "Discount", "Rabatt";
    Tax: "VAT", "USt.";
    Amount: "Amount", "Betrag";
    Subtotal: "Subtotal", "Nettobetrag";
    TaxTotal: "VAT", "Umsatzsteuer";
    Total: "Total", "Gesamtbetrag";
    TotalDue: "Total due", "Rechnungsbetrag";
    TotalCredited: "Total credited", "Gutschriftsbetrag";
    TaxRate: "VAT rate", "Steuersatz";
    TaxBase: "Net amount", "Nettobetrag";
    TaxAmount: "VAT amount", "Steuerbetrag";
    NotTaxed: "not taxed", "ohne Steuer";
    Payment: "Payment", "Zahlung";
    AccountHolder: "Account holder", "Kontoinhaber";
    Bank: "Bank", "Bank";
    PaymentReference: "Reference", "Verwendungszweck";
    PayBy: "Please pay by", "Zahlbar bis";
    PayNow: "Payable on receipt.", "Zahlbar sofort.";
    Reason: "Reason", "Grund";
    Phone: "Phone", "Telefon";
    VatId: "VAT ID", "USt-IdNr.";
    TaxNumber: "Tax number", "Steuernummer";
    Registration: "Registration", "Register-Nr.";
    Page: "Page", "Seite";
    Of: "of", "von";
    Customer: "Customer", "Kunde";
    Period: "Period", "Zeitraum";
    Entry: "Entry", "Vorgang";
    Charges: "Charges", "Belastungen";
    Credits: "Credits", "Gutschriften";
    Balance: "Balance", "Saldo";
    OpeningBalance: "Opening balance", "Anfangssaldo";
    ClosingBalance: "Closing balance", "Endsaldo";
    PaymentEntry: "Payment", "Zahlung";
    RefundEntry: "Refund", "Erstattung";
    ReverseCharge: "VAT reverse charge: the recipient is liable for the tax.", "Steuerschuldnerschaft des Leistungsempfängers.";
    IntraCommunity: "VAT exempt intra-Community supply.", "Steuerfreie innergemeinschaftliche Lieferung.";
    Export: "VAT exempt export outside the EU.", "Steuerfreie Ausfuhrlieferung.";
    OutOfScope: "Not subject to VAT.", "Nicht steuerbar.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_word_in_every_language() {
        for word in Word::ALL {
            assert!(!word.in_language(Language::English).is_empty() && !word.in_language(Language::German).is_empty());
        }
    }
}
