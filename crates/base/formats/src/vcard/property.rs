//! Content lines: `group.NAME;PARAM=value:value` (RFC 6350, section 3.3).

/// One unfolded content line, its value still escaped.
pub struct Property<'a> {
    /// The name in upper case, without a group.
    pub name: String,
    parameters: Vec<(String, String)>,
    pub value: &'a str,
}

impl<'a> Property<'a> {
    /// Splits a content line; `None` without a name and a colon.
    pub fn parse(line: &'a str) -> Option<Self> {
        let mut quoted = false;
        let mut cuts = Vec::new();
        let mut colon = None;
        for (index, character) in line.char_indices() {
            match character {
                '"' => quoted = !quoted,
                ';' if !quoted => cuts.push(index),
                ':' if !quoted => {
                    colon = Some(index);
                    break;
                }
                _ => {}
            }
        }
        let colon = colon?;
        cuts.push(colon);
        let name = name(line.get(..*cuts.first()?)?)?;
        let mut parameters = Vec::new();
        for pair in cuts.windows(2) {
            let &[start, end] = pair else { continue };
            let text = line.get(start + 1..end)?;
            // vCard 2.1 and some 3.0 writers leave out "TYPE=".
            let (name, value) = text.split_once('=').unwrap_or(("TYPE", text));
            let value = value.replace('"', "").to_ascii_lowercase();
            parameters.push((name.to_ascii_uppercase(), value));
        }
        Some(Self { name, parameters, value: line.get(colon + 1..)? })
    }

    /// Whether a TYPE parameter lists the type, given in lower case.
    pub fn has_type(&self, wanted: &str) -> bool {
        let types = self.parameters.iter().filter(|(name, _)| name == "TYPE");
        types.flat_map(|(_, value)| value.split(',')).any(|one| one == wanted)
    }

    /// The order of preference, 1 first (RFC 6350, section 5.3); in 3.0 the
    /// type `pref`.
    pub fn preference(&self) -> u8 {
        let given = self.parameters.iter().find(|(name, _)| name == "PREF");
        match given.and_then(|(_, value)| value.parse().ok()) {
            Some(preference) => preference,
            None if self.has_type("pref") => 1,
            None => 101,
        }
    }
}

/// The upper-case property name in front of a content line's `;` or `:`.
pub fn name(head: &str) -> Option<String> {
    let name = head.rsplit('.').next()?.trim();
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (!name.is_empty() && name.bytes().all(valid)).then(|| name.to_ascii_uppercase())
}

/// Splits a value at unescaped separators, the parts still escaped.
pub fn split(value: &str, separator: char) -> Vec<&str> {
    let mut escaped = false;
    value
        .split(move |character| {
            let cut = character == separator && !escaped;
            escaped = character == '\\' && !escaped;
            cut
        })
        .collect()
}

/// Resolves the escapes of RFC 6350, section 3.4.
pub fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    text
}

/// Escapes a text so that no part of a list or structured value is split.
/// Line breaks become `\n`; other control characters are left out.
pub fn escape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut last = ' ';
    for character in text.chars() {
        match character {
            '\\' | ',' | ';' => value.extend(['\\', character]),
            '\n' if last == '\r' => {}
            '\n' | '\r' => value.push_str("\\n"),
            '\t' => value.push('\t'),
            other if other.is_control() => {}
            other => value.push(other),
        }
        last = character;
    }
    value
}
