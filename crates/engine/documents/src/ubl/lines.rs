//! Lines (BG-25).

use super::xml::Xml;
use super::{amount, category, decimal};
use crate::document::{Document, Kind, Line, ONE};
use crate::unit;

pub(super) fn write(xml: &mut Xml, document: &Document) {
    let (element, quantity) = match document.kind {
        Kind::CreditNote => ("cac:CreditNoteLine", "cbc:CreditedQuantity"),
        _ => ("cac:InvoiceLine", "cbc:InvoicedQuantity"),
    };
    for (at, line) in document.lines.iter().enumerate() {
        xml.within(element, |xml| one(xml, document, at + 1, line, quantity));
    }
}

fn one(xml: &mut Xml, document: &Document, number: usize, line: &Line, quantity: &str) {
    let currency = [("currencyID", document.currency.as_str())];
    let digits = document.digits();
    // BR-27: a price is not below zero; what is taken off counts backwards.
    let (price, count) = if line.price < 0 { (-line.price, -line.quantity) } else { (line.price, line.quantity) };
    xml.text("cbc:ID", &number.to_string());
    xml.said(quantity, &[("unitCode", unit::code(&line.unit))], &decimal(count));
    xml.said("cbc:LineExtensionAmount", &currency, &amount(line.net, digits));
    let off = gross(price, count, digits) - line.net;
    if line.discount != 0 && off != 0 {
        xml.within("cac:AllowanceCharge", |xml| {
            // Of a line that counts backwards the discount is added.
            xml.text("cbc:ChargeIndicator", if off < 0 { "true" } else { "false" });
            if off > 0 {
                xml.text("cbc:AllowanceChargeReasonCode", "95");
            }
            xml.text("cbc:AllowanceChargeReason", "Discount");
            xml.said("cbc:Amount", &currency, &amount(off.abs(), digits));
        });
    }
    xml.within("cac:Item", |xml| {
        let mut texts = line.description.splitn(2, '\n').map(str::trim);
        let name = texts.next().filter(|name| !name.is_empty()).unwrap_or(&line.sku);
        xml.text("cbc:Description", texts.next().unwrap_or_default());
        if name.is_empty() {
            xml.text("cbc:Name", &number.to_string());
        } else {
            xml.text("cbc:Name", name);
        }
        if !line.sku.is_empty() {
            xml.within("cac:SellersItemIdentification", |xml| xml.text("cbc:ID", &line.sku));
        }
        category(xml, "cac:ClassifiedTaxCategory", line.tax.as_ref(), false);
    });
    xml.within("cac:Price", |xml| xml.said("cbc:PriceAmount", &currency, &decimal(price)));
}

/// Price times quantity, half-even to the digits of the currency.
fn gross(price: i64, quantity: i64, digits: u32) -> i64 {
    let step = i128::from(10_i64.pow(4 - digits.min(4)));
    let unit = i128::from(ONE) * step;
    let exact = i128::from(price) * i128::from(quantity);
    let (whole, rest) = (exact.div_euclid(unit), exact.rem_euclid(unit));
    let up = match (rest * 2).cmp(&unit) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => whole & 1,
    };
    i64::try_from((whole + up) * step).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::gross;

    #[test]
    fn price_times_quantity_is_half_even() {
        assert_eq!((gross(1_250, 10_000, 2), gross(1_350, 10_000, 2)), (1_200, 1_400));
        assert_eq!((gross(29_000, -30_000, 2), gross(1_234, 30_000, 2)), (-87_000, 3_700));
        assert_eq!(gross(15_000, 10_000, 0), 20_000);
    }
}
