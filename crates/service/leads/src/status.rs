//! The states of a lead and the ways between them.

/// Whether a lead goes from one state to another by hand: to any but `converted`, and from that nowhere.
pub(crate) fn may_go(from: &str, to: &str) -> bool {
    from == to || (from != "converted" && to != "converted" && to != "new")
}

/// Whether a lead of this state can still become something.
pub(crate) fn is_open(status: &str) -> bool {
    matches!(status, "" | "new" | "working" | "nurturing" | "qualified")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converted_is_final_and_reached_by_converting_only() {
        let states = ["new", "working", "nurturing", "qualified", "unqualified", "converted"];
        for from in states {
            for to in states {
                let expected = from == to || (from != "converted" && !["new", "converted"].contains(&to));
                assert_eq!(may_go(from, to), expected, "{from} → {to}");
            }
        }
        assert!(
            may_go("unqualified", "working") && !may_go("converted", "working") && !may_go("qualified", "converted")
        );
        assert!(is_open("new") && is_open("qualified") && !is_open("unqualified") && !is_open("converted"));
    }
}
