//! PATCH (RFC 7644, 3.5.2) over a resource as JSON, as Okta and Entra ID send it: operations in any case, values without
//! a path, paths into elements.

use std::collections::HashSet;

use serde_json::{Map, Value as J, json};

use crate::error::{Kind, Refused, refused};
use crate::filter::{self, Attribute, Filter, Op, Path};
use crate::schema::{Attr, May, Type};

const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Operations of one request.
const MOST: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// Carries out all operations of a body.
///
/// # Errors
/// invalidSyntax, invalidPath, invalidValue, mutability, noTarget.
pub fn apply(of: &Type, body: &J, resource: &mut J) -> Result<(), Refused> {
    let named = |name: &str| {
        let members = body.as_object()?;
        members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let right = named("schemas").and_then(J::as_array).is_some_and(|all| {
        all.iter().any(|schema| schema.as_str().is_some_and(|schema| schema.eq_ignore_ascii_case(SCHEMA)))
    });
    if !right {
        return Err(refused(Kind::InvalidSyntax, format!("schemas must name {SCHEMA}")));
    }
    let operations = named("Operations").and_then(J::as_array).filter(|all| !all.is_empty());
    let operations = operations.ok_or_else(|| refused(Kind::InvalidSyntax, "Operations is a list of at least one"))?;
    if operations.len() > MOST {
        return Err(refused(Kind::TooMany, format!("at most {MOST} operations at once")));
    }
    let target = resource.as_object_mut().ok_or_else(|| refused(Kind::InvalidSyntax, "there is nothing to change"))?;
    for operation in operations {
        let text = |name: &str| operation.get(name).and_then(J::as_str);
        let verb = match text("op").unwrap_or_default().to_ascii_lowercase().as_str() {
            "add" => Verb::Add,
            "replace" => Verb::Replace,
            "remove" => Verb::Remove,
            _ => return Err(refused(Kind::InvalidSyntax, "op is add, replace or remove")),
        };
        let value = operation.get("value");
        if verb != Verb::Remove && value.is_none() {
            return Err(refused(Kind::InvalidValue, "value is missing"));
        }
        match text("path") {
            Some(path) => {
                let path = filter::path(path).map_err(|why| refused(Kind::InvalidPath, format!("path: {why}")))?;
                at(of, target, verb, &path, value, true)?;
            }
            None if operation.get("path").is_some_and(|path| !path.is_null()) => {
                return Err(refused(Kind::InvalidPath, "path is a string"));
            }
            None if verb == Verb::Remove => return Err(refused(Kind::NoTarget, "remove needs a path")),
            None => whole(of, target, verb, value.unwrap_or(&J::Null))?,
        }
    }
    Ok(())
}

/// An operation without a path: its value's members are attributes, or paths.
fn whole(of: &Type, target: &mut Map<String, J>, verb: Verb, value: &J) -> Result<(), Refused> {
    let members = value.as_object();
    let members = members.ok_or_else(|| refused(Kind::InvalidValue, "without a path the value is an object"))?;
    for (name, value) in members {
        // Attributes of a schema in an object of their own (RFC 7644, figure 3).
        if name.eq_ignore_ascii_case(of.schema) {
            whole(of, target, verb, value)?;
        } else if let Ok(path) = filter::path(name) {
            at(of, target, verb, &path, Some(value), false)?;
        }
    }
    Ok(())
}

/// One operation at a path. What is only read is refused where it is `named`, and left alone in a whole resource.
fn at(
    of: &Type,
    target: &mut Map<String, J>,
    verb: Verb,
    path: &Path,
    value: Option<&J>,
    named: bool,
) -> Result<(), Refused> {
    let Attribute { schema, name, sub } = &path.attribute;
    // Extensions that are not known here are not kept (RFC 7644, 3.3).
    if schema.as_ref().is_some_and(|schema| !schema.eq_ignore_ascii_case(of.schema)) {
        return Ok(());
    }
    let Some(attr) = of.attr(name) else {
        let refusal = refused(Kind::InvalidPath, format!("there is no attribute {name}"));
        return if named { Err(refusal) } else { Ok(()) };
    };
    let part = match sub {
        None => None,
        Some(sub) => match attr.subs.iter().find(|known| known.name.eq_ignore_ascii_case(sub)) {
            Some(part) => Some(part),
            None if named => return Err(refused(Kind::InvalidPath, format!("there is no attribute {name}.{sub}"))),
            None => return Ok(()),
        },
    };
    if attr.may == May::Read || part.is_some_and(|part| part.may == May::Read) {
        let refusal = refused(Kind::Mutability, format!("{name} is not set by clients"));
        return if named { Err(refusal) } else { Ok(()) };
    }
    let value = value.cloned().unwrap_or(J::Null);
    match (&path.filter, part) {
        (Some(filter), part) if attr.multi => elements(target, attr, verb, filter, part, value),
        (Some(_), _) => Err(refused(Kind::InvalidPath, format!("{name} has no elements"))),
        (None, None) if attr.multi => {
            list(target, attr, verb, value);
            Ok(())
        }
        (None, None) => {
            plain(target, attr, verb, value);
            Ok(())
        }
        (None, Some(part)) if attr.multi => {
            with_list(target, attr.name, |list| {
                if list.is_empty() && verb != Verb::Remove {
                    list.push(json!({}));
                }
                list.iter_mut().for_each(|element| set(element, part, verb, &value));
            });
            Ok(())
        }
        (None, Some(part)) => {
            let whole = target.entry(attr.name).or_insert_with(|| json!({}));
            if !whole.is_object() {
                *whole = json!({});
            }
            set(whole, part, verb, &value);
            Ok(())
        }
    }
}

fn set(element: &mut J, part: &Attr, verb: Verb, value: &J) {
    let Some(members) = element.as_object_mut() else { return };
    match verb {
        Verb::Remove => drop(members.remove(part.name)),
        Verb::Add | Verb::Replace => drop(members.insert(part.name.to_owned(), value.clone())),
    }
}

fn plain(target: &mut Map<String, J>, attr: &Attr, verb: Verb, value: J) {
    if verb == Verb::Remove || value.is_null() {
        target.remove(attr.name);
        return;
    }
    // A complex value gives the parts that it has.
    if let (Some(J::Object(before)), J::Object(parts)) = (target.get_mut(attr.name), &value) {
        for (name, part) in parts {
            let known =
                attr.subs.iter().find(|sub| sub.name.eq_ignore_ascii_case(name)).map_or(name.as_str(), |s| s.name);
            before.insert(known.to_owned(), part.clone());
        }
        return;
    }
    target.insert(attr.name.to_owned(), value);
}

/// Changes the elements of an attribute.
fn with_list<T>(target: &mut Map<String, J>, name: &str, change: impl FnOnce(&mut Vec<J>) -> T) -> T {
    let mut all = match target.remove(name) {
        Some(J::Array(all)) => all,
        Some(J::Null) | None => Vec::new(),
        Some(one) => vec![one],
    };
    let out = change(&mut all);
    target.insert(name.to_owned(), J::Array(all));
    out
}

fn key(element: &J) -> Option<&str> {
    element.as_str().or_else(|| element.get("value")?.as_str())
}

fn is_primary(element: &J) -> bool {
    element.get("primary").is_some_and(|primary| *primary == true || primary == "True" || primary == "true")
}

fn list(target: &mut Map<String, J>, attr: &Attr, verb: Verb, value: J) {
    let given = match value {
        J::Array(all) => all,
        J::Null => Vec::new(),
        one => vec![one],
    };
    match verb {
        // Entra ID names the members to remove in the value; without one all go.
        Verb::Remove if given.is_empty() => drop(target.remove(attr.name)),
        Verb::Remove => with_list(target, attr.name, |all| {
            let gone: HashSet<&str> = given.iter().filter_map(key).collect();
            all.retain(|have| key(have).is_none_or(|key| !gone.contains(key)));
        }),
        Verb::Replace => drop(target.insert(attr.name.to_owned(), J::Array(given))),
        Verb::Add => with_list(target, attr.name, |have| {
            if given.iter().any(is_primary) {
                have.iter_mut().filter_map(J::as_object_mut).for_each(|element| drop(element.remove("primary")));
            }
            let known: HashSet<String> = have.iter().filter_map(key).map(str::to_owned).collect();
            if given.iter().any(is_primary) {
                have.retain(|old| !given.iter().any(|new| is_primary(new) && key(new) == key(old)));
            }
            let fresh = |new: &J| is_primary(new) || key(new).is_none_or(|key| !known.contains(key));
            have.extend(given.into_iter().filter(fresh));
        }),
    }
}

/// Elements for which a condition holds.
fn elements(
    target: &mut Map<String, J>,
    attr: &Attr,
    verb: Verb,
    filter: &Filter,
    part: Option<&Attr>,
    value: J,
) -> Result<(), Refused> {
    with_list(target, attr.name, |all| elements_of(all, attr, verb, filter, part, value))
}

fn elements_of(
    all: &mut Vec<J>,
    attr: &Attr,
    verb: Verb,
    filter: &Filter,
    part: Option<&Attr>,
    value: J,
) -> Result<(), Refused> {
    let found = all.iter().any(|element| filter::holds(filter, element));
    match (verb, found, part) {
        (Verb::Remove, _, None) => all.retain(|element| !filter::holds(filter, element)),
        (Verb::Replace, false, _) => {
            return Err(refused(Kind::NoTarget, format!("{} has no such element", attr.name)));
        }
        (Verb::Remove, false, Some(_)) => {}
        (Verb::Add, false, part) => {
            // A new element, of which the condition says the rest.
            let mut element = J::Object(equalities(filter));
            match part {
                Some(part) => set(&mut element, part, verb, &value),
                None => merge(&mut element, value),
            }
            all.push(element);
        }
        (_, true, Some(part)) => {
            let matching = all.iter_mut().filter(|element| filter::holds(filter, element));
            matching.for_each(|element| set(element, part, verb, &value));
        }
        (_, true, None) => {
            let matching = all.iter_mut().filter(|element| filter::holds(filter, element));
            matching.for_each(|element| merge(element, value.clone()));
        }
    }
    Ok(())
}

fn merge(element: &mut J, value: J) {
    match (element.as_object_mut(), value) {
        (Some(members), J::Object(parts)) => members.extend(parts),
        (_, value) => *element = value,
    }
}

fn equalities(filter: &Filter) -> Map<String, J> {
    match filter {
        Filter::Test(attribute, Op::Eq, value) => Map::from_iter([(attribute.name.clone(), value.clone())]),
        Filter::And(all) => all.iter().flat_map(equalities).collect(),
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{GROUPS, USERS};

    fn patched(of: &Type, before: J, operations: J) -> Result<J, Option<Kind>> {
        let mut resource = before;
        let body = json!({"schemas": [SCHEMA], "Operations": operations});
        match apply(of, &body, &mut resource) {
            Ok(()) => Ok(resource),
            Err(Refused::Scim(_, kind, _)) => Err(kind),
            Err(Refused::Failed(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn operations_of_directories() {
        let ada = || {
            json!({"userName": "ada", "active": true, "name": {"givenName": "Ada"},
            "emails": [{"type": "work", "value": "a@x.example", "primary": true}]})
        };
        for (operations, pointer, wanted) in [
            (json!([{"op": "Replace", "path": "active", "value": "False"}]), "/active", json!("False")),
            (json!([{"op": "replace", "value": {"active": false}}]), "/active", json!(false)),
            (
                json!([{"op": "add", "value": {"name.familyName": "L"}}]),
                "/name",
                json!({"givenName": "Ada", "familyName": "L"}),
            ),
            (json!([{"op": "replace", "path": "name", "value": {"FAMILYNAME": "L"}}]), "/name/givenName", json!("Ada")),
            (
                json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "b@x.example"}]),
                "/emails/0/value",
                json!("b@x.example"),
            ),
            (
                json!([{"op": "Add", "path": "emails[type eq \"home\"].value", "value": "h@x.example"}]),
                "/emails/1",
                json!({"type": "home", "value": "h@x.example"}),
            ),
            (
                json!([{"op": "add", "path": "emails", "value": [{"value": "n@x.example", "primary": true}]}]),
                "/emails/0/primary",
                J::Null,
            ),
            (json!([{"op": "remove", "path": "emails[type eq \"work\"]"}]), "/emails", json!([])),
            (json!([{"op": "remove", "path": "name.givenName"}]), "/name", json!({})),
            (
                json!([{"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "R"}]),
                "/userName",
                json!("ada"),
            ),
            (
                json!([{"op": "add", "value": {"urn:ietf:params:scim:schemas:core:2.0:User": {"title": "T"}}}]),
                "/title",
                json!("T"),
            ),
            (json!([{"op": "replace", "value": {"id": "7", "shoeSize": 5}}]), "/userName", json!("ada")),
        ] {
            let after = patched(&USERS, ada(), operations.clone()).unwrap_or_else(|e| panic!("{operations}: {e:?}"));
            assert_eq!(after.pointer(pointer).cloned().unwrap_or_default(), wanted, "{operations} {after}");
        }
    }

    #[test]
    fn members() {
        let team = || json!({"displayName": "T", "members": [{"value": "1"}, {"value": "2"}]});
        let after = |operation: J| {
            let after = patched(&GROUPS, team(), json!([operation])).unwrap();
            let members = after.get("members").and_then(J::as_array).cloned().unwrap_or_default();
            members.iter().map(|member| key(member).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            after(json!({"op": "add", "path": "members", "value": [{"value": "2"}, {"value": "3"}]})),
            ["1", "2", "3"]
        );
        assert_eq!(after(json!({"op": "Remove", "path": "members", "value": [{"value": "2"}]})), ["1"]);
        assert_eq!(after(json!({"op": "remove", "path": "members[value eq \"1\"]"})), ["2"]);
        assert_eq!(after(json!({"op": "remove", "path": "members"})), Vec::<String>::new());
        assert_eq!(after(json!({"op": "replace", "value": {"members": [{"value": "9"}]}})), ["9"]);
        assert_eq!(after(json!({"op": "remove", "path": "members[value eq \"8\"]"})), ["1", "2"]);
    }

    #[test]
    fn what_is_refused() {
        for (operations, kind) in [
            (json!([]), Kind::InvalidSyntax),
            (json!([{"op": "move", "path": "title"}]), Kind::InvalidSyntax),
            (json!([{"op": "replace", "path": "title"}]), Kind::InvalidValue),
            (json!([{"op": "replace", "value": "x"}]), Kind::InvalidValue),
            (json!([{"op": "replace", "path": "shoeSize", "value": 1}]), Kind::InvalidPath),
            (json!([{"op": "replace", "path": "name.nick", "value": 1}]), Kind::InvalidPath),
            (json!([{"op": "replace", "path": "emails[", "value": 1}]), Kind::InvalidPath),
            (json!([{"op": "replace", "path": "title[value eq 1]", "value": 1}]), Kind::InvalidPath),
            (json!([{"op": "replace", "path": 5, "value": 1}]), Kind::InvalidPath),
            (json!([{"op": "replace", "path": "id", "value": "1"}]), Kind::Mutability),
            (json!([{"op": "add", "path": "groups", "value": []}]), Kind::Mutability),
            (json!([{"op": "remove"}]), Kind::NoTarget),
            (json!([{"op": "replace", "path": "emails[type eq \"fax\"].value", "value": "x"}]), Kind::NoTarget),
        ] {
            assert_eq!(
                patched(&USERS, json!({"userName": "ada"}), operations.clone()),
                Err(Some(kind)),
                "{operations}"
            );
        }
        assert!(apply(&USERS, &json!({"Operations": [{"op": "remove", "path": "title"}]}), &mut json!({})).is_err());
    }
}
