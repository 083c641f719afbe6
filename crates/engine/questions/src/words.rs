//! Single words of questions: an order, a way to count, an operator.

use kontor_model::{Count, Error, ErrorCode, Op, Result, Sort, name};

fn bad_query(detail: String) -> Error {
    Error::new(ErrorCode::BadQuery, detail)
}

/// `-created_at`.
///
/// # Errors
/// 400003 for a field without a name.
pub fn sort(text: &str) -> Result<Sort> {
    let sort = Sort::parse(text);
    if sort.path.is_empty() || sort.path.starts_with(['-', '+', ' ']) {
        return Err(bad_query(format!("sort takes names, with - before descending ones, not \"{}\"", short(text))));
    }
    Ok(sort)
}

/// The word of a count.
pub fn count(text: &str) -> Option<Count> {
    Some(match text {
        "none" => Count::None,
        "exact" => Count::Exact,
        "estimate" => Count::Estimate,
        _ => return None,
    })
}

/// An operator by its name.
///
/// # Errors
/// 400003 naming the nearest.
pub fn op(text: &str) -> Result<Op> {
    Op::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Op::ALL.iter().map(|op| op.name()).collect();
        let hint = name::hint(text, names.iter().copied());
        bad_query(format!("there is no operator \"{}\"{hint}; there are {}", short(text), names.join(", ")))
    })
}

fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or_default()
}
