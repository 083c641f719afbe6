//! A form as HTML: its own page, and the piece for pages elsewhere.

use kontor_model::show::escape_html;
use kontor_records::Found;

use super::input::Input;
use super::{CONSENT, TIME, TRAP};

/// What stands in the fields that people do not see.
pub(crate) struct Hidden<'a> {
    /// When the page was fetched, signed; none on a page elsewhere.
    pub time: Option<&'a str>,
    pub utm: Vec<(String, String)>,
}

fn text(form: &Found, name: &str, other: &str) -> String {
    let own = form.text(name);
    escape_html(if own.is_empty() { other } else { own })
}

/// The form's own page, inside `<main>`.
pub(crate) fn page(form: &Found, inputs: &[Input], hidden: &Hidden<'_>) -> String {
    let introduction = match form.text("introduction") {
        "" => String::new(),
        words => format!("<p>{}</p>", lines(words)),
    };
    format!("<h1>{}</h1>{introduction}{}", text(form, "headline", form.text("name")), fields(form, inputs, hidden, ""))
}

/// What the page says afterwards.
pub(crate) fn thanks(form: &Found) -> String {
    let words = match form.text("thanks") {
        "" => "Thank you. We have what you sent, and will be in touch.",
        words => words,
    };
    format!("<h1>{}</h1><p>{}</p>", text(form, "headline", form.text("name")), lines(words))
}

fn lines(text: &str) -> String {
    escape_html(text).replace('\n', "<br>")
}

/// The form itself; `action` is where it is sent, its own address when empty.
pub(crate) fn fields(form: &Found, inputs: &[Input], hidden: &Hidden<'_>, action: &str) -> String {
    let action = if action.is_empty() { String::new() } else { format!(" action=\"{}\"", escape_html(action)) };
    let mut out = format!("<form method=\"post\"{action} accept-charset=\"utf-8\">\n");
    for input in inputs {
        out.push_str(&field(input));
    }
    if !form.text("consent_text").is_empty() {
        let required = if form.flag("consent_required") { " required" } else { "" };
        out.push_str(&format!(
            "<label><input type=\"checkbox\" name=\"{CONSENT}\" value=\"yes\"{required}> {}</label>\n",
            lines(form.text("consent_text"))
        ));
    }
    let style = if action.is_empty() { "" } else { " style=\"position:absolute;left:-10000px\"" };
    out.push_str(&format!(
        "<p class=\"trap\" aria-hidden=\"true\"{style}><label>Leave this empty <input name=\"{TRAP}\" tabindex=\"-1\" autocomplete=\"off\"></label></p>\n"
    ));
    let time = hidden.time.map(|time| (TIME.to_owned(), time.to_owned()));
    for (name, value) in time.iter().chain(&hidden.utm) {
        out.push_str(&format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">\n",
            escape_html(name),
            escape_html(value)
        ));
    }
    out.push_str(&format!("<button type=\"submit\">{}</button>\n</form>", text(form, "button", "Send")));
    out
}

fn field(input: &Input) -> String {
    let name = escape_html(&input.field);
    let required = if input.required { " required" } else { "" };
    let placeholder = match input.placeholder.as_str() {
        "" => String::new(),
        words => format!(" placeholder=\"{}\"", escape_html(words)),
    };
    let label = escape_html(&input.label);
    let help = match input.help.as_str() {
        "" => String::new(),
        words => format!(" <small>{}</small>", escape_html(words)),
    };
    let common = format!("name=\"{name}\"{required}{placeholder}");
    let (max, auto) = (input.max, autocomplete(&input.field));
    let control = match input.kind {
        "bool" => {
            return format!("<label><input type=\"checkbox\" {common} value=\"true\"> {label}{help}</label>\n");
        }
        "enum" => {
            let options: String =
                input.values.iter().map(|value| format!("<option>{}</option>", escape_html(value))).collect();
            format!("<select {common}><option value=\"\"></option>{options}</select>")
        }
        "long_text" => format!("<textarea {common} rows=\"5\" maxlength=\"{max}\"></textarea>"),
        "email" => format!("<input type=\"email\" {common} maxlength=\"254\"{auto}>"),
        "phone" => format!("<input type=\"tel\" {common} maxlength=\"40\"{auto}>"),
        "url" => format!("<input type=\"url\" {common} maxlength=\"2000\">"),
        "date" => format!("<input type=\"date\" {common}>"),
        "integer" => format!("<input type=\"number\" step=\"1\" {common}>"),
        "decimal" | "money" => format!("<input inputmode=\"decimal\" {common} maxlength=\"30\">"),
        "country" => format!("<input {common} maxlength=\"2\" size=\"2\" autocomplete=\"country\">"),
        _ => format!("<input {common} maxlength=\"{max}\"{auto}>"),
    };
    format!("<label>{label}{help}<br>{control}</label>\n")
}

/// What browsers call the fields that they know by heart (HTML, 4.10.18.7).
fn autocomplete(field: &str) -> String {
    let name = match field {
        "first_name" => "given-name",
        "last_name" => "family-name",
        "company_name" => "organization",
        "title" => "organization-title",
        "email" => "email",
        "phone" => "tel",
        "city" => "address-level2",
        _ => return String::new(),
    };
    format!(" autocomplete=\"{name}\"")
}
