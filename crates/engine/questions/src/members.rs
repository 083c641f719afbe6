//! The members of a body, each checked; all faults are reported at once.

use kontor_model::{Error, ErrorCode, Fault, Json, Result, name};

/// How many unknown members are named: a body of nothing else is not answered with all of them.
const MOST_UNKNOWN: usize = 100;

/// Reads one JSON object of a body.
pub struct Members<'a> {
    members: &'a [(String, Json)],
    path: String,
    faults: Vec<Fault>,
}

impl<'a> Members<'a> {
    /// `path` is where the object lies in the body, empty for the body itself. Members besides `known` are faults
    /// (400002) that name the nearest.
    ///
    /// # Errors
    /// 400001 when it is no object.
    pub fn of(json: &'a Json, path: &str, known: &[&str]) -> Result<Self> {
        let Some(members) = json.as_object() else {
            return Err(Fault::new(path, "type", format!("must be an object, not {}", json.kind())).into());
        };
        let mut this = Self { members, path: path.to_owned(), faults: Vec::new() };
        for (key, _) in members {
            if this.faults.len() >= MOST_UNKNOWN {
                break;
            }
            if !known.contains(&key.as_str()) {
                let hint = name::hint(key, known.iter().copied());
                let message = format!("is not known here{hint}; there are {}", known.join(", "));
                let at = this.at(&key.chars().take(80).collect::<String>());
                this.faults.push(Fault::coded(at, ErrorCode::UnknownField, message));
            }
        }
        Ok(this)
    }

    /// A member's own path.
    pub fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A member that is there and not null.
    pub fn get(&self, name: &str) -> Option<&'a Json> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// Whether the member is there, null or not.
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(key, _)| key == name)
    }

    pub fn fault(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let fault = Fault::new(self.at(name), code, message);
        let fault = match self.get(name) {
            Some(value) => fault.value(value.excerpt()),
            None => fault,
        };
        self.faults.push(fault);
    }

    pub fn coded(&mut self, name: &str, code: ErrorCode, message: impl Into<String>) {
        self.faults.push(Fault::coded(self.at(name), code, message));
    }

    /// Takes over the faults of an error about a part.
    pub fn absorb(&mut self, error: &Error, name: &str) {
        if error.faults().is_empty() {
            self.faults.push(Fault::coded(self.at(name), error.code(), error.detail()));
        } else {
            self.faults.extend_from_slice(error.faults());
        }
    }

    /// As [`Members::absorb`], giving what went well.
    pub fn keep<T>(&mut self, name: &str, outcome: Result<T>) -> Option<T> {
        outcome.map_err(|error| self.absorb(&error, name)).ok()
    }

    pub fn string(&mut self, name: &str) -> Option<&'a str> {
        self.typed(name, "a string", Json::as_str)
    }

    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.typed(name, "true or false", Json::as_bool)
    }

    pub fn array(&mut self, name: &str) -> Option<&'a [Json]> {
        self.typed(name, "an array", Json::as_array)
    }

    /// A list of strings.
    pub fn strings(&mut self, name: &str) -> Option<Vec<String>> {
        let items = self.array(name)?;
        let strings: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        if strings.is_none() {
            self.fault(name, "type", "must be an array of strings");
        }
        strings
    }

    /// A whole number from 0 on.
    pub fn whole(&mut self, name: &str) -> Option<u64> {
        let json = self.get(name)?;
        let n = json.as_i64().and_then(|n| u64::try_from(n).ok());
        if n.is_none() {
            self.coded(
                name,
                ErrorCode::LimitOutOfRange,
                format!("must be a whole number that is not negative, not {}", json.excerpt()),
            );
        }
        n
    }

    fn typed<T>(&mut self, name: &str, what: &str, read: impl Fn(&'a Json) -> Option<T>) -> Option<T> {
        let json = self.get(name)?;
        let value = read(json);
        if value.is_none() {
            self.fault(name, "type", format!("must be {what}, not {}", json.kind()));
        }
        value
    }

    /// # Errors
    /// All faults so far.
    pub fn done(self) -> Result<()> {
        if self.faults.is_empty() { Ok(()) } else { Err(Error::from_faults(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_at_once() {
        let json = Json::parse_str(r#"{"limitt": 1, "q": 2, "sort": ["a", 1], "deleted": null}"#).unwrap();
        let mut members = Members::of(&json, "", &["limit", "q", "sort", "deleted"]).unwrap();
        assert_eq!((members.string("q"), members.strings("sort"), members.flag("deleted")), (None, None, None));
        let error = members.done().unwrap_err();
        assert_eq!(error.code(), ErrorCode::Invalid);
        let fields: Vec<&str> = error.faults().iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["limitt", "q", "sort"]);
        assert!(error.faults()[0].message.contains("did you mean \"limit\""));
    }
}
