//! `attributes` and `excludedAttributes` (RFC 7644, 3.9): what of a resource is answered with.

use serde_json::{Map, Value as J};

use crate::error::{Kind, Refused, refused};
use crate::filter::{self, Attribute};

/// Which attributes are wanted.
#[derive(Debug, Default)]
pub struct Projection {
    wanted: Option<Vec<Attribute>>,
    unwanted: Vec<Attribute>,
}

/// Always answered with.
const ALWAYS: &[&str] = &["schemas", "id"];

fn list<'a>(name: &str, texts: impl Iterator<Item = &'a str>) -> Result<Vec<Attribute>, Refused> {
    let one = |text: &str| match filter::path(text.trim()) {
        Ok(filter::Path { attribute, filter: None }) => Ok(attribute),
        _ => Err(refused(Kind::InvalidValue, format!("{name}: \"{}\" is no attribute", text.trim()))),
    };
    texts.filter(|text| !text.trim().is_empty()).map(one).collect()
}

impl Projection {
    /// From lists separated by commas.
    ///
    /// # Errors
    /// invalidValue.
    pub fn new(wanted: Option<&str>, unwanted: Option<&str>) -> Result<Self, Refused> {
        if wanted.is_some() && unwanted.is_some() {
            return Err(refused(Kind::InvalidValue, "send attributes or excludedAttributes, not both"));
        }
        Ok(Self {
            wanted: wanted.map(|text| list("attributes", text.split(','))).transpose()?,
            unwanted: list("excludedAttributes", unwanted.unwrap_or_default().split(','))?,
        })
    }

    /// Whether an attribute is answered with.
    pub fn has(&self, name: &str) -> bool {
        let named = |of: &[Attribute], whole: bool| {
            of.iter().any(|a| a.name.eq_ignore_ascii_case(name) && !(whole && a.sub.is_some()))
        };
        self.wanted.as_ref().is_none_or(|wanted| named(wanted, false)) && !named(&self.unwanted, true)
    }

    /// The resource as it is answered with.
    pub fn of(&self, resource: J) -> J {
        let J::Object(members) = resource else { return resource };
        let mut out = Map::new();
        for (name, value) in members {
            if ALWAYS.contains(&name.as_str()) {
                out.insert(name, value);
                continue;
            }
            if !self.has(&name) {
                continue;
            }
            let mine = |of: &[Attribute]| -> Vec<String> {
                of.iter().filter(|a| a.name.eq_ignore_ascii_case(&name)).filter_map(|a| a.sub.clone()).collect()
            };
            let whole = self
                .wanted
                .as_ref()
                .is_none_or(|all| all.iter().any(|a| a.name.eq_ignore_ascii_case(&name) && a.sub.is_none()));
            let keep = if whole { None } else { self.wanted.as_deref().map(mine) };
            let value = parts(value, keep.as_deref(), &mine(&self.unwanted));
            out.insert(name, value);
        }
        J::Object(out)
    }
}

fn parts(value: J, keep: Option<&[String]>, drop: &[String]) -> J {
    let named = |of: &[String], name: &str| of.iter().any(|known| known.eq_ignore_ascii_case(name));
    match value {
        J::Array(all) => all.into_iter().map(|one| parts(one, keep, drop)).collect(),
        J::Object(members) => {
            let stays = |name: &str| keep.is_none_or(|keep| named(keep, name)) && !named(drop, name);
            members.into_iter().filter(|(name, _)| stays(name)).collect()
        }
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left() {
        let ada = json!({"schemas": [], "id": "1", "userName": "ada", "name": {"givenName": "A", "familyName": "L"},
            "emails": [{"value": "a", "type": "work"}]});
        let of =
            |wanted: Option<&str>, unwanted: Option<&str>| Projection::new(wanted, unwanted).unwrap().of(ada.clone());
        assert_eq!(of(Some("USERNAME"), None), json!({"schemas": [], "id": "1", "userName": "ada"}));
        assert_eq!(
            of(Some("name.familyName,emails.value"), None),
            json!({"schemas": [], "id": "1", "name": {"familyName": "L"}, "emails": [{"value": "a"}]})
        );
        assert_eq!(
            of(None, Some("id,name,emails.type")),
            json!({"schemas": [], "id": "1", "userName": "ada", "emails": [{"value": "a"}]})
        );
        assert!(Projection::new(Some("a b"), None).is_err() && Projection::new(Some("a"), Some("b")).is_err());
    }
}
