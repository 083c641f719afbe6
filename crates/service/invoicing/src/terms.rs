//! When an invoice falls due.

/// Days between an invoice's date and the day it falls due, by the customer's terms of payment; 30 when there are none.
pub fn days(terms: &str) -> i64 {
    match terms {
        "prepaid" | "due_on_receipt" => 0,
        other => other.strip_prefix("net_").and_then(|days| days.parse().ok()).unwrap_or(30),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn terms_are_days() {
        let all = ["prepaid", "due_on_receipt", "net_7", "net_30", "net_90", ""].map(super::days);
        assert_eq!(all, [0, 0, 7, 30, 90, 30]);
    }
}
