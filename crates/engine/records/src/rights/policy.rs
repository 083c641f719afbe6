//! A role's rules, by object.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use kontor_catalog::{Catalog, ObjectDef};
use serde::{Deserialize, Serialize};

use super::{Action, Reach};

/// Views that are kept.
const VIEWS: usize = 4;

/// What a role may do with the records of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    pub create: bool,
    pub read: Reach,
    pub update: Reach,
    pub delete: Reach,
    /// Paths of fields that are not there for the role.
    pub hidden: BTreeSet<String>,
    /// Paths of fields that the role sees and does not change.
    pub locked: BTreeSet<String>,
}

impl Rule {
    /// The same reach for all that is done with records that are there.
    pub fn new(create: bool, read: Reach, change: Reach) -> Self {
        Self { create, read, update: change, delete: change, ..Self::default() }
    }

    pub fn reach(&self, action: Action) -> Reach {
        match action {
            Action::Read => self.read,
            Action::Update => self.update,
            Action::Delete => self.delete,
        }
    }

    /// Whether every record is whole and in reach.
    pub fn sees_all(&self) -> bool {
        self.read == Reach::All && self.hidden.is_empty()
    }

    /// What both allow.
    #[must_use]
    pub fn and(&self, other: &Rule) -> Rule {
        Rule {
            create: self.create && other.create,
            read: self.read.min(other.read),
            update: self.update.min(other.update),
            delete: self.delete.min(other.delete),
            hidden: self.hidden.union(&other.hidden).cloned().collect(),
            locked: self.locked.union(&other.locked).cloned().collect(),
        }
    }

    /// Whether it allows nothing that `other` does not.
    pub fn is_within(&self, other: &Rule) -> bool {
        self.and(other) == *self
    }
}

/// A role, compiled.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Policy {
    /// The role's name, for messages.
    pub role: String,
    /// Whether it manages the space: metadata, purges, users, roles, keys, settings.
    pub manages: bool,
    /// Objects with rules of their own.
    pub objects: BTreeMap<String, Rule>,
    /// The rule of every other object.
    pub others: Rule,
    /// Objects whose records are their owners' alone, whatever the role: name and collection.
    #[serde(default)]
    pub private: BTreeMap<String, String>,
    /// Whole catalogs and the views of them: one of each version of the API.
    #[serde(skip)]
    views: Mutex<Vec<(Arc<Catalog>, Arc<Catalog>)>>,
}

impl Clone for Policy {
    fn clone(&self) -> Self {
        let private = self.private.clone();
        Self { private, ..Self::new(&self.role, self.manages, self.objects.clone(), self.others.clone()) }
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.role == other.role
            && self.manages == other.manages
            && self.objects == other.objects
            && self.others == other.others
            && self.private == other.private
    }
}

impl Policy {
    pub fn new(role: &str, manages: bool, objects: BTreeMap<String, Rule>, others: Rule) -> Self {
        Self { role: role.to_owned(), manages, objects, others, private: BTreeMap::new(), views: Mutex::default() }
    }

    /// One rule for all objects.
    pub fn uniform(role: &str, manages: bool, rule: Rule) -> Self {
        Self::new(role, manages, BTreeMap::new(), rule)
    }

    /// Everything.
    pub fn admin() -> Self {
        Self::uniform("admin", true, Rule::new(true, Reach::All, Reach::All))
    }

    /// All records of all objects.
    pub fn member() -> Self {
        Self::uniform("member", false, Rule::new(true, Reach::All, Reach::All))
    }

    /// All records of all objects, unchanged.
    pub fn read_only() -> Self {
        Self::uniform("read-only", false, Rule::new(false, Reach::All, Reach::None))
    }

    pub fn rule(&self, object: &str) -> &Rule {
        self.objects.get(object).unwrap_or(&self.others)
    }

    /// The rules that the role itself has, those of private objects left out.
    pub fn own_rules(&self) -> impl Iterator<Item = &Rule> {
        let own = self.objects.iter().filter(|(name, _)| !self.private.contains_key(*name));
        std::iter::once(&self.others).chain(own.map(|(_, rule)| rule))
    }

    /// Whether some rule depends on who owns a record.
    pub fn is_personal(&self) -> bool {
        let personal = |rule: &Rule| {
            [rule.read, rule.update, rule.delete].iter().any(|reach| matches!(reach, Reach::Own | Reach::Team))
        };
        personal(&self.others) || self.objects.values().any(personal)
    }

    /// What both allow, under the first one's name.
    #[must_use]
    pub fn and(&self, other: &Policy) -> Policy {
        let names: BTreeSet<&String> = self.objects.keys().chain(other.objects.keys()).collect();
        let objects = names.into_iter().map(|n| (n.clone(), self.rule(n).and(other.rule(n)))).collect();
        let private = self.private.iter().chain(&other.private).map(|(k, v)| (k.clone(), v.clone())).collect();
        let manages = self.manages && other.manages;
        Self { private, ..Self::new(&self.role, manages, objects, self.others.and(&other.others)) }
    }

    /// Whether it allows nothing that `other` does not: who has `other` may give it away.
    pub fn is_within(&self, other: &Policy) -> bool {
        let mut names = self.objects.keys().chain(other.objects.keys());
        (other.manages || !self.manages)
            && self.others.is_within(&other.others)
            && names.all(|name| self.rule(name).is_within(other.rule(name)))
    }

    /// The catalog as the role sees it: a field that is hidden is no field.
    pub fn view(&self, whole: &Arc<Catalog>) -> Arc<Catalog> {
        if self.others.hidden.is_empty() && self.objects.values().all(|rule| rule.hidden.is_empty()) {
            return whole.clone();
        }
        let mut kept = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, view)) = kept.iter().find(|(of, _)| Arc::ptr_eq(of, whole)) {
            return view.clone();
        }
        let view = Arc::new(whole.without(|def, field| self.hides(def, field)));
        if kept.len() >= VIEWS {
            kept.remove(0);
        }
        kept.push((whole.clone(), view.clone()));
        view
    }

    /// The second value of a hidden field is hidden with it.
    fn hides(&self, def: &ObjectDef, field: usize) -> bool {
        let hidden = &self.rule(&def.name).hidden;
        let Some(path) = def.native_path(field).filter(|_| !hidden.is_empty()) else { return false };
        hidden.contains(&path)
            || hidden.iter().any(|h| def.native().companion_path(h).is_some_and(|second| second == path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seller() -> Policy {
        let mut deal = Rule::new(true, Reach::Team, Reach::Own);
        deal.hidden.insert("amount".to_owned());
        let objects = BTreeMap::from([("deal".to_owned(), deal)]);
        Policy::new("seller", false, objects, Rule::new(false, Reach::All, Reach::None))
    }

    #[test]
    fn what_may_be_given_away() {
        assert!(seller().is_within(&Policy::admin()));
        assert!(seller().is_within(&seller()));
        assert!(!Policy::admin().is_within(&seller()));
        assert!(!Policy::member().is_within(&seller()), "members see amounts");
        assert!(!seller().is_within(&Policy::read_only()), "sellers create deals");
        assert!(Policy::read_only().is_within(&Policy::member()));
        assert!(!Policy::admin().is_within(&Policy::member()), "members do not manage");
    }

    #[test]
    fn both_roles_must_allow() {
        let both = Policy::member().and(&seller());
        assert_eq!(both.rule("deal"), seller().rule("deal"));
        assert_eq!(both.rule("contact"), &Rule::new(false, Reach::All, Reach::None));
        assert!(both.is_within(&seller()) && both.is_within(&Policy::member()));
    }
}
