//! Values that follow from others of the same record.

use kontor_catalog::ObjectDef;
use kontor_model::object::Derived;
use kontor_model::{Error, Fault, Result, Value};

/// Sets every derived value of a record.
///
/// # Errors
/// An amount beyond what money can hold.
pub fn derive(def: &ObjectDef, values: &mut [Value]) -> Result<()> {
    for rule in &def.derived {
        match rule {
            Derived::LineTotal { target, price, quantity, discount } => {
                let total = match get(def, values, price).as_i64() {
                    None => Value::Null,
                    Some(price) => {
                        let (quantity_scale, discount_scale) = (scale(def, quantity), scale(def, discount));
                        let quantity = get(def, values, quantity).as_i64().unwrap_or(10_i64.pow(quantity_scale));
                        let discount = get(def, values, discount).as_i64().unwrap_or(0);
                        let total = line_total(price, quantity, quantity_scale, discount, discount_scale);
                        Value::Int(total.ok_or_else(|| {
                            Error::from(Fault::new(
                                target.as_str(),
                                "range",
                                "the line's total is beyond what money can hold",
                            ))
                        })?)
                    }
                };
                set(def, values, target, total);
            }
            Derived::DaysBetween { target, from, to } => {
                let days = get(def, values, from).as_i64().zip(get(def, values, to).as_i64());
                set(def, values, target, days.map_or(Value::Null, |(from, to)| Value::Int(to - from)));
            }
            Derived::Joined { target, parts } => {
                let text: Vec<&str> =
                    parts.iter().filter_map(|p| get(def, values, p).as_str()).filter(|s| !s.is_empty()).collect();
                let value = if text.is_empty() { Value::Null } else { Value::Text(text.join(" ")) };
                set(def, values, target, value);
            }
        }
    }
    Ok(())
}

fn get<'a>(def: &ObjectDef, values: &'a [Value], field: &str) -> &'a Value {
    def.field(field).and_then(|(i, _)| values.get(i)).unwrap_or(&Value::Null)
}

fn set(def: &ObjectDef, values: &mut [Value], field: &str, value: Value) {
    if let Some(slot) = def.field(field).and_then(|(i, _)| values.get_mut(i)) {
        *slot = value;
    }
}

fn scale(def: &ObjectDef, field: &str) -> u32 {
    match def.field(field).map(|(_, f)| f.spec().show()) {
        Some(kontor_model::Show::Decimal(scale)) => u32::from(scale),
        _ => 0,
    }
}

/// `price × quantity × (1 − discount)` in the price's own units, half-even.
fn line_total(price: i64, quantity: i64, quantity_scale: u32, discount: i64, discount_scale: u32) -> Option<i64> {
    let one = 10_i128.pow(discount_scale);
    let exact = i128::from(price).checked_mul(i128::from(quantity))?.checked_mul(one - i128::from(discount))?;
    let divisor = 10_i128.pow(quantity_scale) * one;
    let (whole, rest) = (exact.div_euclid(divisor), exact.rem_euclid(divisor));
    let up = match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => whole & 1,
    };
    i64::try_from(whole + up).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_exact_and_half_even() {
        assert_eq!(line_total(140_000, 120_000, 4, 0, 4), Some(1_680_000));
        assert_eq!(line_total(147_000, 21, 0, 1_500, 4), Some(2_623_950));
        assert_eq!(line_total(1, 5_000, 4, 0, 4), Some(0));
        assert_eq!(line_total(3, 5_000, 4, 0, 4), Some(2));
        assert_eq!(line_total(-3, 5_000, 4, 0, 4), Some(-2));
        assert_eq!(line_total(i64::MAX, i64::MAX, 0, 0, 4), None);
    }
}
