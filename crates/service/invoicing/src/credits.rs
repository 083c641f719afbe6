//! How much of an invoice's lines a credit note takes back.
//!
//! What the credit notes of a line come to is always what was charged for the quantity that they take back together,
//! so that many small credits never give back more than one large one, and the last gives back the rest to the cent.

use crate::totals::{Group, Rate, Totals, net, tax};

/// A line of an invoice, with what earlier credit notes have taken back of it.
#[derive(Debug, Clone, Copy)]
pub struct Charged {
    pub price: i64,
    pub quantity: i64,
    pub discount: i64,
    pub net: i64,
    pub rate: Option<Rate>,
    pub credited_quantity: i64,
    pub credited_net: i64,
}

impl Charged {
    /// What has not been taken back yet.
    pub fn rest(&self) -> i64 {
        self.quantity - self.credited_quantity
    }

    /// The net of taking `quantity` more back, which is at most the rest; none beyond what money can hold.
    pub fn credit(&self, quantity: i64, digits: u32) -> Option<i64> {
        let together = self.credited_quantity.checked_add(quantity)?;
        if together == self.quantity {
            return self.net.checked_sub(self.credited_net);
        }
        net(self.price, together, self.discount, digits)?.checked_sub(self.credited_net)
    }
}

/// The totals of a credit note: `now` its nets by rate, `before` the bases and taxes of the earlier ones.
pub fn totals(now: &[(i64, Option<Rate>)], before: &[Group], digits: u32) -> Option<Totals> {
    let mut totals = Totals::of(now.iter().copied(), digits)?;
    totals.tax = 0;
    for group in &mut totals.groups {
        let earlier = before.iter().filter(|g| g.rate == group.rate);
        let (mut base, mut taxed) = (group.base, 0_i64);
        for other in earlier {
            base = base.checked_add(other.base)?;
            taxed = taxed.checked_add(other.tax)?;
        }
        if let Some(rate) = group.rate {
            group.tax = tax(base, rate.rate, digits)?.checked_sub(taxed)?;
        }
        totals.tax = totals.tax.checked_add(group.tax)?;
    }
    totals.total = totals.subtotal.checked_add(totals.tax)?;
    Some(totals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::totals::ONE;
    use proptest::prelude::*;

    proptest! {
        /// However an invoice is taken back, in the end exactly what it came to has been.
        #[test]
        fn parts_come_to_the_whole(
            lines in prop::collection::vec((1_i64..5_000_000, 1_i64..12, 0..ONE, 0_i64..3), 1..6),
            takes in prop::collection::vec((0_usize..6, 1_i64..40_000), 0..30),
            digits in prop::sample::select(vec![0_u32, 2, 3]),
        ) {
            let rate = |n: i64| (n > 0).then_some(Rate { rate: n * 950, id: n });
            let mut lines: Vec<Charged> = lines.into_iter().map(|(price, quantity, discount, n)| {
                let quantity = quantity * ONE;
                let net = net(price, quantity, discount, digits).unwrap();
                Charged { price, quantity, discount, net, rate: rate(n), credited_quantity: 0, credited_net: 0 }
            }).collect();
            let charged = Totals::of(lines.iter().map(|l| (l.net, l.rate)), digits).unwrap();
            let (mut before, mut total) = (Vec::new(), 0);
            let mut take = |lines: &mut Vec<Charged>, which: usize, quantity: i64| {
                let Some(line) = lines.get_mut(which) else { return };
                let quantity = quantity.min(line.rest());
                if quantity == 0 {
                    return;
                }
                let net = line.credit(quantity, digits).unwrap();
                assert!(net >= 0, "a credit that charges");
                line.credited_quantity += quantity;
                line.credited_net += net;
                let note = totals(&[(net, line.rate)], &before, digits).unwrap();
                before.extend(note.groups);
                total += note.total;
            };
            for (which, quantity) in takes {
                take(&mut lines, which, quantity);
            }
            for which in 0..lines.len() {
                let rest = lines[which].rest();
                take(&mut lines, which, rest);
            }
            prop_assert_eq!(total, charged.total);
            prop_assert!(lines.iter().all(|l| l.credited_net == l.net));
        }
    }
}
