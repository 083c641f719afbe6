//! The questions of a form.

use kontor_catalog::ObjectDef;
use kontor_model::{Fault, Field, FieldType, Json, name};
use kontor_questions::Members;

/// Fields of leads that a stranger may fill in, besides custom ones.
const OPEN: &[&str] = &[
    "first_name",
    "last_name",
    "company_name",
    "title",
    "email",
    "phone",
    "city",
    "country",
    "interest",
    "estimated_value",
];
/// The most questions of a form.
const MOST: usize = 60;

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Input {
    /// `email`, `custom.size`
    pub field: String,
    pub label: String,
    pub required: bool,
    pub placeholder: String,
    pub help: String,
    /// The field's type, as metadata name it.
    pub kind: &'static str,
    /// The values of a choice.
    pub values: Vec<String>,
    /// The most characters.
    pub max: usize,
}

/// Whether a type can be asked for on a page.
fn is_askable(field: &Field) -> bool {
    use FieldType as T;
    matches!(
        field.ty,
        T::Text(_)
            | T::LongText(_)
            | T::Integer(_)
            | T::Decimal(_)
            | T::Money(_)
            | T::Bool(_)
            | T::Date(_)
            | T::Enum(_)
            | T::Email(_)
            | T::Phone(_)
            | T::Url(_)
            | T::Country(_)
    )
}

fn is_open(field: &Field) -> bool {
    !field.read_only && !field.retired && (field.custom || OPEN.contains(&field.name.as_str())) && is_askable(field)
}

/// Reads the questions; `lead` says what can be asked.
///
/// # Errors
/// All faults, under `inputs`.
pub(crate) fn read(json: &Json, lead: &ObjectDef) -> Result<Vec<Input>, Vec<Fault>> {
    let wrong = |message: String| vec![Fault::new("inputs", "format", message)];
    let items = json.as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| wrong("must be a list of {\"field\", \"label\"?, \"required\"?}".to_owned()))?;
    if items.len() > MOST {
        return Err(wrong(format!("has {} questions; at most {MOST} are allowed", items.len())));
    }
    let (mut out, mut faults): (Vec<Input>, Vec<Fault>) = (Vec::new(), Vec::new());
    for (place, item) in items.iter().enumerate() {
        match one(item, place, lead) {
            Ok(input) if out.iter().any(|other| other.field == input.field) => {
                let message = format!("asks for {} twice", input.field);
                faults.push(Fault::new(format!("inputs.{place}.field"), "taken", message));
            }
            Ok(input) => out.push(input),
            Err(mut more) => faults.append(&mut more),
        }
    }
    let asks = |field: &str| out.iter().any(|input| input.field == field);
    if faults.is_empty() && !asks("last_name") && !asks("email") {
        faults.push(Fault::new("inputs", "required", "must ask for last_name or email: a lead has a name"));
    }
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

fn one(item: &Json, place: usize, lead: &ObjectDef) -> Result<Input, Vec<Fault>> {
    let path = format!("inputs.{place}");
    let known = ["field", "label", "required", "placeholder", "help"];
    let mut members = Members::of(item, &path, &known).map_err(|error| error.faults().to_vec())?;
    let text = |members: &mut Members<'_>, name: &str, most: usize| {
        let text = members.string(name).unwrap_or_default().to_owned();
        if text.chars().count() > most {
            members.fault(name, "too_long", format!("must have at most {most} characters"));
        }
        text
    };
    let path = text(&mut members, "field", 80);
    let (label, placeholder) = (text(&mut members, "label", 120), text(&mut members, "placeholder", 120));
    let help = text(&mut members, "help", 500);
    let required = match members.get("required") {
        None => false,
        Some(Json::Bool(required)) => *required,
        Some(_) => {
            members.fault("required", "type", "must be true or false");
            false
        }
    };
    let field = lead.field(&path).map(|(_, field)| field).filter(|field| is_open(field));
    let Some(field) = field else {
        let open = lead.shown().filter(|(_, field)| is_open(field)).map(|(_, field)| lead.path(field));
        let open: Vec<String> = open.collect();
        let hint = name::hint(&path, open.iter().map(String::as_str));
        members.fault(
            "field",
            "unknown",
            format!("is no field of leads that can be asked for{hint}; there are {}", open.join(", ")),
        );
        members.done().map_err(|error| error.faults().to_vec())?;
        return Err(Vec::new());
    };
    members.done().map_err(|error| error.faults().to_vec())?;
    let schema = field.spec().schema();
    let max = schema.get("maxLength").and_then(serde_json::Value::as_u64).and_then(|max| usize::try_from(max).ok());
    let values = match &field.ty {
        FieldType::Enum(_) => {
            let values = schema.get("enum").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
            values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    Ok(Input {
        label: if label.is_empty() { field.label.clone() } else { label },
        kind: field.spec().name(),
        max: max.unwrap_or(255).min(10_000),
        field: path,
        required,
        placeholder,
        help,
        values,
    })
}
